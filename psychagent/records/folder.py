"""Where a run keeps what: the one place that knows the names of its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psychagent.domain.base import Modality


@dataclass(frozen=True)
class RunFolder:
    """`<save_dir>/<baseline>` and what stands in it."""

    root: Path
    baseline: str

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.root / self.baseline

    @property
    def checkpoints(self) -> Path:
        """The SQLite file of checkpoints."""
        return self.path / "checkpoints.sqlite"

    @property
    def manifest(self) -> Path:
        """What the run was made with."""
        return self.path / "manifest.json"

    @property
    def log(self) -> Path:
        """The log of all commands that worked here."""
        return self.path / "run.log"

    @property
    def lock(self) -> Path:
        """The file whose OS lock says that a process is at work here."""
        return self.path / ".lock"

    def case_dir(self, modality: Modality, case_id: str) -> Path:
        """The folder of one case."""
        return self.path / modality.value / case_id

    def course(self, modality: Modality, case_id: str) -> Path:
        """The course file of one case."""
        return self.case_dir(modality, case_id) / "course.json"


def thread_id(modality: Modality, case_id: str) -> str:
    """Name the LangGraph thread of a case."""
    return f"{modality.value}/{case_id}"
