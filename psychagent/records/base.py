"""The base of all files of a run, an evaluation or a rollout."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, model_validator

from psychagent.domain.base import Record
from psychagent.domain.words.cut import cut


class StoredFile(Record):
    """The content of a file as one model: the version comes first, unknown keys are ignored.

    Unknown keys come from newer versions and from the reference release, whose files we read too.
    """

    model_config = ConfigDict(extra="ignore")

    schema_version: int = 0
    """0 if the file has none, like those of the reference release."""

    @model_validator(mode="before")
    @classmethod
    def _is_one(cls, data: Any) -> Any:
        """Refuse the content of some other file, all of whose keys would be ignored."""
        if isinstance(data, dict) and data and not data.keys() & cls.model_fields.keys():
            raise ValueError(
                f"holds none of the fields of this file ({cut(', '.join(map(str, list(data)[:3])), 120)})"
            )
        return data

    def to_file(self) -> dict[str, Any]:
        """Return the file's content as JSON data."""
        return self.model_dump(mode="json")
