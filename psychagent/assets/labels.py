"""Words around a course where a person reads it, as data by language; no prompt uses them."""

from __future__ import annotations

import re
from functools import cache

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import SCHOOLS, Language, Record, School, Stage
from psychagent.files.read import load_model


class Labels(Record):
    """The words of one language."""

    session: str
    """With `{number}`."""
    counselor: str
    client: str
    aim: str
    skill: str
    summary: str
    homework: str
    no_homework: str
    next: str
    corrected: str
    learned: str
    formerly: str
    """With `{text}`, in brackets."""
    brackets: str
    """With `{text}`."""
    colon: str
    """Between a label and what it names, with the space that the language wants."""
    joint: str
    """Between parts of a list."""
    turns: str
    """With `{number}`."""
    back: str
    spoken: str
    modalities: dict[School, str]
    stages: dict[Stage, str]
    reasons: dict[str, str]
    """Why a plan was corrected."""
    notes: dict[str, str]
    """Of homework that is not agreed on, of a last session's summary, of what a client remembers and of
    what the safety gate heard."""
    fields: dict[str, str]
    """Of the client file, by their last names, at every depth."""

    @property
    def gap(self) -> str:
        """The space that the language wants after a colon, if any."""
        return " " if self.colon.endswith(" ") else ""

    def modality(self, name: str) -> str:
        """Return a modality in words; an unknown one, as older files may name, stays as it is."""
        return self.modalities[SCHOOLS[name]] if name in SCHOOLS else name

    def stage(self, name: str) -> str:
        """Return a stage in words; an unknown one stays as it is."""
        return self.stages[Stage(name)] if name in set(Stage) else name

    def note(self, name: str) -> str:
        """Return a note in words; an unknown one stays as it is."""
        return self.notes.get(name, name)

    def field(self, path: str) -> str:
        """Return a field of the client file in words, by its dotted path."""
        name = path.rpartition(".")[2]
        return self.fields.get(name, path)

    def fact(self, line: str) -> str:
        """Return a fact of the client file, written as one line, with its inner fields in words."""
        return _INNER.sub(self._inner, line)

    def _inner(self, match: re.Match[str]) -> str:
        before, name = match.groups()
        if name not in self.fields:
            return match[0]
        return f"{self.joint if before == _JOINT else before}{self.fields[name]}{self.colon}"


_JOINT = "; "
"""Between the inner fields of a fact, as memory writes them."""
_INNER = re.compile(r"(^|; | \| )([a-z_]+): ")


@cache
def load_labels(language: Language) -> Labels:
    """Read the words of a language."""
    return load_model(Labels, asset_dir("configs") / "labels" / f"{language.value}.yaml")
