"""What somebody hands over in Python: paths and words as text, and plans whose fields are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from psychagent.domain.words.explain import explain
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.name import why_no_path

Word = TypeVar("Word", bound=StrEnum)
Kind = TypeVar("Kind")
OPEN = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
"""A plan also holds what is no data, such as a function that is told of events."""


@dataclass(frozen=True, config=OPEN)
class Plan:
    """Base of what a command or a notebook asks for: text is taken for a path, and each field is checked.

    Raises:
        SettingsError: Naming the field, the value seen and the remedy.
    """

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_sentence(cls, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        try:
            plan = handler(data)
        except ValidationError as error:
            raise SettingsError(f"{cls.__name__}: {explain(error, cls)}") from error
        cls._require_paths(data)
        return plan

    @classmethod
    def _require_paths(cls, data: Any) -> None:
        """Refuse a text that can be no path: an empty one would be the folder that one is in."""
        if isinstance(data, cls):
            # part of another plan; its own constructor has looked at it
            return
        fields = cls.__dataclass_fields__
        given = {**dict(zip(fields, data.args, strict=False)), **(data.kwargs or {})}
        for name, value in given.items():
            is_path = "Path" in re.findall(r"\w+", str(fields[name].type))
            if is_path and isinstance(value, str) and (problem := why_no_path(value)):
                raise SettingsError(f"{cls.__name__}: field {name!r} has {shown(value)}, which {problem}")


def to_path(given: Path | str | None, what: str) -> Path:
    """Take a path, which may be given as text.

    Raises:
        SettingsError: If it can be none.
    """
    if not isinstance(given, str | PathLike):
        raise SettingsError(f"{what} is {shown(given)}, not a path; give it as text or as a Path")
    if problem := why_no_path(given):
        raise SettingsError(f"{what} {shown(str(given))} {problem}")
    return Path(given)


def require(kind: type[Kind], given: object, what: str) -> Kind:
    """Take an object of a kind that only its own constructor makes, and no text that names one.

    Raises:
        SettingsError: If it is something else.
    """
    if not isinstance(given, kind):
        is_plain = isinstance(given, str | int | float | Mapping | list | tuple | None)
        found = shown(given) if is_plain else f"of the kind {type(given).__name__}"
        raise SettingsError(f"{what} must be of the kind {kind.__name__}, and is {found}; build one for it")
    return given


def to_word(kind: type[Word], given: Word | str) -> Word:
    """Take a word of a closed set, which may be given as text.

    Raises:
        SettingsError: Naming the words that are known.
    """
    if isinstance(given, str) and given in set(kind):
        return kind(given)
    word = given if isinstance(given, str) else ""
    raise SettingsError(f"{shown(given)} is no {kind.__name__.lower()}{nearest(word, kind)}")
