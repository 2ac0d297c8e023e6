"""Prompt templates of one language, rendered with undefined names refused."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta

from psychagent.assets.locate import asset_dir, shipped_dir
from psychagent.assets.sandbox import FAULTS, Sandbox, told, write
from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.plan import Plan
from psychagent.domain.text.fence import Own, fenced
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError
from psychagent.files.digest import hash_files
from psychagent.files.read import load_data, read_text

_WORDS = "words.yaml"
_APART = ("pairwise/", "ratings/")
"""Folders of templates that neither a course nor a judge of sessions asks for: copies made before there were
any are complete without them."""
_NONE: Mapping[str, str] = {}


class Rendered(str):
    """The text of a rendered template, with the values it was rendered from."""

    values: Mapping[str, object]
    words: Mapping[str, str]
    """Values of closed sets, such as stages -> how the language prints them."""

    def __new__(cls, text: str, values: Mapping[str, object], words: Mapping[str, str] = _NONE) -> Rendered:
        """Store the values with the text."""
        rendered = super().__new__(cls, text)
        rendered.values, rendered.words = values, words
        return rendered


def _as_material(value: object) -> object:
    """Fence what a template prints, unless it is a text of ours: most values hold words of somebody."""
    if isinstance(value, Own | Rendered | int | float | jinja2.Undefined):
        return value
    return fenced(value if isinstance(value, str) else str(value))


class PromptLibrary:
    """All prompts of one language; templates are compiled once and cached.

    Every value that a template prints is material (`domain.text.fence`): it becomes one line without
    marks. A text of the program's own that has lines or brackets is passed as `Own`, or printed with
    the filter `own`.
    """

    def __init__(self, language: Language, root: Path | None = None) -> None:
        """Open `<root>/<language>`; None is the bundled folder."""
        self.language = language
        self.folder = asset_dir("prompts", root) / language.value
        if not self.folder.is_dir():
            raise AssetError(
                f"no prompts for language {language.value!r} in {self.folder.parent}; name a folder that "
                f"holds {language.value}/ (in settings: prompts_root)"
            )
        self._data: dict[str, Any] = {}
        self._templates: dict[str, jinja2.Template] = {}
        # a folder of prompts may be somebody else's, and a template could do whatever Python can; the sandbox
        # looks at each attribute, which the shipped templates, read hundreds of times a session, are spared
        self.is_shipped = self.folder.parent == shipped_dir("prompts")
        kind = jinja2.Environment if self.is_shipped else Sandbox
        self._env = kind(
            loader=jinja2.FileSystemLoader(self.folder),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            autoescape=False,
            finalize=_as_material,
            # a run keeps to the prompts that its manifest hashes, even if files are edited meanwhile
            auto_reload=False,
        )
        self._env.filters |= {"word": self.word, "own": Own}

    def render(self, name: str, /, **values: object) -> Rendered:
        """Render `<name>.jinja2`.

        Raises:
            AssetError: If there is no such template, or it uses a value that is not given.
        """
        try:
            template = self._template(name)
            text = (template.render(values) if self.is_shipped else write(template, values)).strip()
        except jinja2.TemplateNotFound as error:
            if error.name != f"{name}.jinja2":
                raise self._refusal(
                    name, error, f"includes {shown(error.name)}, which is not there"
                ) from error
            known = ", ".join(self.names())
            raise AssetError(f"no prompt {name!r} in {self.folder}; known: {known}") from error
        except FAULTS as error:
            raise self._refusal(name, error, told(error)) from error
        return Rendered(text, values, self.words)

    def _refusal(self, name: str, error: Exception, problem: str) -> AssetError:
        """Name the template, and the line that is wrong: it may stand in one that the template includes."""
        frames = traceback.extract_tb(error.__traceback__)
        there = [frame for frame in frames if Path(frame.filename).is_relative_to(self.folder)]
        place = f"line {there[-1].lineno} of {Path(there[-1].filename).name}: " if there else ""
        return AssetError(f"prompt {name!r} in {self.folder}: {place}{problem}; mend the template")

    @cached_property
    def words(self) -> dict[str, str]:
        """How the language prints values of closed sets (`words.yaml`); empty where no template needs it."""
        return self._printed("values") if (self.folder / _WORDS).is_file() else {}

    @cached_property
    def labels(self) -> dict[str, str]:
        """How the language prints the names of the client file's fields (`words.yaml`)."""
        return self._printed("labels")

    def _printed(self, part: str) -> dict[str, str]:
        data = self.data(Path(_WORDS).stem)
        if not isinstance(data, Mapping) or not isinstance(data.get(part), Mapping):
            raise AssetError(
                f"{self.folder / _WORDS}: has no mapping {part!r}; add it, as in the bundled file"
            )
        return {str(name): str(printed) for name, printed in data[part].items()}

    def word(self, value: object) -> str:
        """Return how the language prints a value of a closed set; in templates `{{ plan.stage | word }}`.

        Raises:
            AssetError: If `words.yaml` lacks it.
        """
        printed = self.words.get(str(value))
        if printed is None:
            raise AssetError(f"{self.folder / _WORDS}: no word for {str(value)!r}; add it under `values`")
        return printed

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
            except UnicodeDecodeError as error:
                raise self._refusal(name, error, str(error)) from error
            except FAULTS as error:
                raise self._refusal(name, error, told(error)) from error
        return len(names)

    def names_in(self, name: str) -> frozenset[str]:
        """List the names that a template uses, those of what it includes too."""
        found: frozenset[str] = frozenset()
        open_, seen = [f"{name}.jinja2"], set[str]()
        while open_:
            seen.add(file := open_.pop())
            tree = self._env.parse(read_text(self.folder / file))
            found |= jinja2.meta.find_undeclared_variables(tree)
            parts = {part for part in jinja2.meta.find_referenced_templates(tree) if part}
            # what is not there is told where the template asks for it
            open_ += parts.intersection(self._env.list_templates()) - seen
        return found

    def check(self, *, judging: bool = False) -> int:
        """Check before the first call what can be checked without it; return how many templates there are.

        Args:
            judging: Whether they are a judge's, not those of a course.

        Raises:
            AssetError: Naming the first template that cannot be compiled, or that is needed and not there.
        """
        needed = self.needed(judging=judging)
        if lacking := sorted(needed - {*self.names()}):
            more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            raise AssetError(
                f"{self.folder}: has no template {lacking[0]}.jinja2{more}; copy it from the bundled prompts"
            )
        return self.compile_all()

    def needed(self, *, judging: bool = False) -> set[str]:
        """List the templates that a judge asks for, or else those that a course does."""
        names = PromptLibrary.shipped(self.language).names()
        asked = (name for name in names if not name.startswith(_APART))
        return {name for name in asked if name.startswith("judge/") == judging}

    @classmethod
    def shipped(cls, language: Language) -> PromptLibrary:
        """Open the prompts as they are shipped, whatever one's own are."""
        return cls(language, shipped_dir("prompts"))

    def data(self, name: str) -> Any:
        """Read `<name>.yaml` of this language; it is read once."""
        if name not in self._data:
            self._data[name] = load_data(self.folder / f"{name}.yaml")
        return self._data[name]

    def first_plan(self, modality: Modality) -> Plan:
        """Return the fixed plan of a course's first session."""
        return Plan.model_validate(self.data("first_plan")[modality.value])

    def stage_plan(self, modality: Modality, stage: Stage) -> Plan:
        """Return the plan of a stage that stands in where no plan was made for it."""
        return Plan.model_validate({"stage": stage, **self.data("stage_plans")[modality.value][stage.value]})

    @cached_property
    def hashes(self) -> dict[str, str]:
        """sha256 of every prompt file of the language, by its path."""
        return hash_files(self.folder)
