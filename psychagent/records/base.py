"""The base of all files of a run, an evaluation or a rollout."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from psychagent.domain.base import Record


class StoredFile(Record):
    """What a file holds, written and read as one model: its version first, unknown keys passed over.

    Keys that we do not know come from newer versions and from the reference release, whose files are
    read too.
    """

    model_config = ConfigDict(extra="ignore")

    schema_version: int = 0
    """0 where the file names none, as those of the reference release."""

    def to_file(self) -> dict[str, Any]:
        """Return the file's content as JSON data."""
        return self.model_dump(mode="json")
