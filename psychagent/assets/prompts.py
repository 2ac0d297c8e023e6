"""Prompt templates of one language, rendered with undefined names refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Modality
from psychagent.domain.danger import DangerWords
from psychagent.domain.plan import Plan
from psychagent.errors import AssetError
from psychagent.files.digest import hash_files
from psychagent.files.read import load_data


class Rendered(str):
    """The text of a rendered template, with the values it was rendered from."""

    values: Mapping[str, object]

    def __new__(cls, text: str, values: Mapping[str, object]) -> Rendered:
        """Store the values with the text."""
        rendered = super().__new__(cls, text)
        rendered.values = values
        return rendered


class PromptLibrary:
    """All prompts of one language; templates are compiled once and cached."""

    def __init__(self, language: Language, root: Path | None = None) -> None:
        """Open `<root>/<language>`; None is the bundled folder."""
        self.language = language
        self.folder = asset_dir("prompts", root) / language.value
        if not self.folder.is_dir():
            raise AssetError(f"no prompts for language {language.value!r} in {self.folder.parent}")
        self._data: dict[str, Any] = {}
        self._templates: dict[str, jinja2.Template] = {}
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self.folder),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            autoescape=False,
            # a run keeps to the prompts that its manifest hashes, even if files are edited meanwhile
            auto_reload=False,
        )

    def render(self, name: str, /, **values: object) -> Rendered:
        """Render `<name>.jinja2`.

        Raises:
            AssetError: If there is no such template, or it uses a value that is not given.
        """
        try:
            text = self._template(name).render(values).strip()
        except jinja2.TemplateNotFound as error:
            known = ", ".join(self.names())
            raise AssetError(f"no prompt {name!r} in {self.folder}; known: {known}") from error
        except jinja2.TemplateError as error:
            raise AssetError(f"prompt {name!r} in {self.folder}: {error}") from error
        return Rendered(text, values)

    def _template(self, name: str) -> jinja2.Template:
        # the environment's own cache takes a lock and hashes its loader, which is most of a short rendering
        template = self._templates.get(name)
        if template is None:
            template = self._templates[name] = self._env.get_template(f"{name}.jinja2")
        return template

    def names(self) -> list[str]:
        """List the templates, without their suffix."""
        return [name.removesuffix(".jinja2") for name in self._env.list_templates(["jinja2"])]

    def compile(self, name: str) -> None:
        """Compile a template now instead of at its first use."""
        self._template(name)

    def compile_all(self) -> int:
        """Compile every template and return how many there are.

        Raises:
            AssetError: Naming the first that cannot be compiled.
        """
        names = self.names()
        for name in names:
            try:
                self._template(name)
            except jinja2.TemplateError as error:
                raise AssetError(f"prompt {name!r} in {self.folder}: {error}; mend the template") from error
        return len(names)

    def data(self, name: str) -> Any:
        """Read `<name>.yaml` of this language; it is read once."""
        if name not in self._data:
            self._data[name] = load_data(self.folder / f"{name}.yaml")
        return self._data[name]

    def first_plan(self, modality: Modality) -> Plan:
        """Return the fixed plan of a course's first session."""
        return Plan.model_validate(self.data("first_plan")[modality.value])

    def danger_words(self) -> DangerWords:
        """Return the plain words of danger."""
        return DangerWords.model_validate(self.data("danger"))

    @cached_property
    def hashes(self) -> dict[str, str]:
        """sha256 of every prompt file of the language, by its path."""
        return hash_files(self.folder)
