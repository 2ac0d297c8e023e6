"""The key of a pack of tasks: which session each rater's task is; kept apart from the raters' folders."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from psychagent.domain.base import Record
from psychagent.errors import AssetError, RecordError
from psychagent.files.read import load_model
from psychagent.records.base import StoredFile

KEY, RATINGS = "key.json", "ratings.csv"
SCHEMA_VERSION = 1


class KeyedTask(Record):
    """What one task of one rater is."""

    dialogue: str
    """System, modality, case and session, as `psychagent agree` names the dialogue."""
    system: str
    source_file: str
    input_hash: str
    names_removed: int = 0


class TaskKey(StoredFile):
    """The content of `key.json`."""

    schema_version: int = SCHEMA_VERSION
    scale: str
    dimensions: tuple[str, ...]
    low: int
    high: int
    seed: int
    systems: dict[str, int] = Field(default_factory=dict)
    """System -> sessions drawn."""
    schools: dict[str, int] = Field(default_factory=dict)
    raters: dict[str, dict[str, KeyedTask]]
    """Rater -> task -> what it is."""
    is_script: bool = False
    """Whether a script played a role in the sessions."""


def load_key(path: Path) -> TaskKey:
    """Read a key.

    Raises:
        RecordError: If it is not there or is none.
    """
    try:
        return load_model(TaskKey, path, RecordError)
    except AssetError as error:
        raise RecordError(str(error)) from error
