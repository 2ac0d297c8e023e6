"""An experiment's index: its systems as they were run, and which folder holds which cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.before import settings_of_before
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Record
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import RecordError
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json
from psychagent.records.base import StoredFile

SCHEMA_VERSION = 1
INDEX = "experiment.json"


class SystemEntry(Record):
    """One system: the whole of its settings, with names of API keys but never a key."""

    baseline: BaselineSettings
    rft: RftSettings | None = None


class CellEntry(Record):
    """One system under one seed, and where it is."""

    system: str
    seed: int
    made_with: str
    """Hash of everything that changes a reply."""
    judged_with: str
    """Hash of everything that changes a score."""
    run: str
    """Folder of the run, relative to the experiment's."""
    evaluation: str
    """Folder of the evaluation, relative to the experiment's."""


class ExperimentIndex(StoredFile):
    """The content of `experiment.json`."""

    schema_version: int = SCHEMA_VERSION
    name: str
    note: str | None = None
    """A warning to the reader if a script played a role."""
    scripted_roles: tuple[str, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    reference: str
    """The system that all others are compared with."""
    seeds: tuple[int, ...]
    tables: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    systems: dict[str, SystemEntry]
    dataset: DatasetSettings
    runtime: RuntimeSettings
    """Its seed is that of no cell."""
    eval: EvalSettings
    cases: tuple[str, ...] = ()
    """The cases that every cell takes, as `<modality>/<id>`."""
    cells: tuple[CellEntry, ...]
    earlier: tuple[CellEntry, ...] = ()
    """Cells of settings that were changed since; their folders stay."""
    notes: tuple[str, ...] = ()
    """What a reader of a comparison has to know."""

    @property
    def is_script(self) -> bool:
        """Whether a script instead of a language model played a role."""
        return bool(self.scripted_roles)


def write_index(path: Path, index: ExperimentIndex) -> None:
    """Write an index whole or not at all."""
    write_json(path, index.to_file())


def read_index(path: Path) -> ExperimentIndex:
    """Read an index.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    data = read_json(path)
    if not isinstance(data, dict) or not isinstance(data.get("systems"), dict):
        content = kind_of(data) if not isinstance(data, dict) else "no systems"
        raise RecordError(f"{path}: holds {content}, not the index of an experiment; put the file back")
    version = data.get("schema_version")
    if type(version) is not int or not 1 <= version <= SCHEMA_VERSION:
        raise RecordError(
            f"{path}: has schema_version {shown(version)}, and this version reads {SCHEMA_VERSION}; put the "
            "file back, or update psychagent"
        )
    return to_model(ExperimentIndex, _of_before(data), origin=str(path), raise_as=RecordError)


def _of_before(data: dict[str, Any]) -> dict[str, Any]:
    settings = {name: data[name] for name in ("systems", "dataset", "runtime", "eval") if name in data}
    return {**data, **settings_of_before(settings)}
