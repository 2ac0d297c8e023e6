"""An evaluation's folder: the names of its files and the order in which to read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psychagent.domain.scores import SessionScores
from psychagent.records.folder import CaseFolder, case_folders
from psychagent.records.scores import read_scores

SUMMARY = "summary.json"


@dataclass(frozen=True)
class EvalFolder:
    """The output folder of an evaluation and its files."""

    path: Path

    @property
    def table(self) -> Path:
        """The scores of all sessions, one row per session and metric."""
        return self.path / "scores.csv"

    @property
    def worthless_table(self) -> Path:
        """The scores of the worthless sessions, in the same form."""
        return self.path / "degenerate.csv"

    @property
    def summary(self) -> Path:
        """The summary's file."""
        return self.path / SUMMARY

    @property
    def scales(self) -> Path:
        """The scales that the sessions were judged on."""
        return self.path / "scales.json"

    @property
    def calls(self) -> Path:
        """The folder of the journals of calls."""
        return self.path / "calls"

    @property
    def log(self) -> Path:
        """The log of all commands run in this folder."""
        return self.path / "eval.log"

    @property
    def lock(self) -> Path:
        """The file whose OS lock shows that a process is working in this folder."""
        return self.path / ".lock"

    def scores_path(self, modality: str, case_id: str, session_index: int) -> Path:
        """Return the path of a session's scores."""
        return CaseFolder(self.path / modality / case_id).session_path(session_index)

    def worthless(self, kind: str) -> EvalFolder:
        """Return the folder of one kind of worthless session, which has the same layout."""
        return EvalFolder(self.path / "degenerate" / kind)

    def sessions(self) -> Iterator[SessionScores]:
        """Read the scores of all sessions, in order of modality, case and number.

        Raises:
            RecordError: Naming the file that cannot be read.
        """
        for case in case_folders(self.path):
            for file in case.session_files():
                yield read_scores(file.path)
