"""The base of every settings model, and the paths that settings name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo, model_validator

from psychagent.domain.words.model import Told
from psychagent.errors import SettingsError
from psychagent.files.name import why_no_path


def beside_file(value: Path, info: ValidationInfo) -> Path:
    """Resolve a relative path against the folder of the file that is read.

    Raises:
        ValueError: If it can be no path.
    """
    base = (info.context or {}).get("base")
    if problem := why_no_path(value):
        raise ValueError(problem)
    try:
        value = value.expanduser()
    except RuntimeError as error:
        raise ValueError("begins with the home of a user who is not known; write the whole path") from error
    return value if value.is_absolute() or base is None else base / value


def _not_empty(value: object) -> object:
    # an empty path would turn into the folder of the file
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty; name a path, or leave the key out")
    return value


FilePath = Annotated[Path, BeforeValidator(_not_empty), AfterValidator(beside_file)]
"""A path; a relative one is resolved against the folder of its settings file."""


class Settings(Told):
    """Base of all settings: frozen, unknown keys refused."""

    # a traceback prints the refused value otherwise, which may be a secret; JSON, in which a manifest and a
    # request repeat the settings, has no word for an infinite number
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    refused = SettingsError

    moved: ClassVar[Mapping[str, str]] = {}
    """Keys that stood here in an earlier version -> where they belong now."""

    @model_validator(mode="before")
    @classmethod
    def _of_this_shape(cls, data: object) -> object:
        places: dict[str, list[str]] = {}
        for key in data if isinstance(data, Mapping) else ():
            if key in cls.moved and key not in cls.model_fields:
                places.setdefault(cls.moved[key], []).append(repr(key))
        if places:
            moves = ", ".join(f"{', '.join(keys)} {place}" for place, keys in places.items())
            raise ValueError(f"is in the shape of an earlier version; put {moves}")
        return data

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the settings with some of them changed; pydantic would take the changes unchecked.

        Raises:
            SettingsError: Naming the field, the value seen and the remedy.
        """
        if not update:
            return super().model_copy(deep=deep)
        # what was left to a default stays so: a manifest tells the two apart
        said = {name: getattr(self, name) for name in self.model_fields_set} | dict(update)
        return self._checked(said, context={"base": None, "changed": frozenset(update)})


def moved_to(place: str, model: type[BaseModel]) -> dict[str, str]:
    """Map every field of a model to the place where it belongs now."""
    return dict.fromkeys(model.model_fields, place)
