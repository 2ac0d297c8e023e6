"""An evaluation's folder: the names of its files and the order in which to read them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psychagent.domain.base import SCHOOLS
from psychagent.domain.scores import SessionScores
from psychagent.errors import RecordError
from psychagent.files.kind import resolved
from psychagent.files.read import read_json
from psychagent.records.folder import SCORES, CaseFolder, case_folders, runs_at
from psychagent.records.known import CASE, JUDGED_CASE, RUN, kind_at
from psychagent.records.scores import check_table, read_scores
from psychagent.records.spent.log import NAME as SPENT

SUMMARY, WORTHLESS = "summary.json", "degenerate"


@dataclass(frozen=True)
class EvalFolder:
    """The output folder of an evaluation and its files."""

    path: Path

    @property
    def table(self) -> Path:
        """The scores of all sessions, one row per session and metric."""
        return self.path / SCORES

    @property
    def worthless_table(self) -> Path:
        """The scores of the worthless sessions, in the same form."""
        return self.path / "degenerate.csv"

    @property
    def safety(self) -> Path:
        """Danger in each session and what was done about it, one row per session."""
        return self.path / "safety.csv"

    @property
    def marks(self) -> Path:
        """Faults of the simulator, one row each."""
        return self.path / "marks.csv"

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
    def spent(self) -> Path:
        """The log of what all its commands spent."""
        return self.path / SPENT

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
        return EvalFolder(self.path / WORTHLESS / kind)

    def name_data(self, root: Path) -> str:
        """Name the folder that was judged relative to this one, so that both can be moved together."""
        try:
            return Path(os.path.relpath(resolved(root), resolved(self.path))).as_posix()
        except ValueError:
            # another drive
            return resolved(root).as_posix()

    def find_data(self, name: str) -> Path:
        """Return the folder that `name_data` named."""
        return Path(os.path.normpath(resolved(self.path) / name))

    def check_table(self) -> None:
        """Check that the scores are there, without reading them.

        Raises:
            RecordError: If they are not; a run that was never judged is told what to do with it.
        """
        if self.table.exists():
            return
        runs = runs_at(self.path)
        if not runs:
            self.refuse_other_kind()
            check_table(self.table)
        run = runs[0]
        # one that cannot be read may be of a run that needs no scores
        data = read_json(run.manifest_path)
        settings = data.get("settings") if isinstance(data, dict) else None
        made_by = "`rft`" if isinstance(settings, dict) and settings.get("rft") else "`sample`"
        noun = f"is a run of {made_by}" if run.path == self.path else f"holds a run of {made_by}, {run.name},"
        output = f"evals/{run.name}"
        raise RecordError(
            f"{self.path}: {noun} and no scores yet; first `psychagent eval --data-root {run.path} "
            f"--output-root {output}`, then `psychagent report {output}`"
        )

    def refuse_other_kind(self) -> None:
        """Refuse a run, and what is a part of one or of an evaluation.

        Raises:
            RecordError: Saying what it is.
        """
        kind = kind_at(self.path)
        if kind in (RUN, CASE, JUDGED_CASE):
            raise RecordError(f"{self.path}: is {kind}; name the output folder of `psychagent eval`")

    def worthless_kinds(self) -> list[EvalFolder]:
        """List the folders of worthless sessions that are there."""
        return [EvalFolder(path) for path in sorted((self.path / WORTHLESS).glob("*")) if path.is_dir()]

    def sessions(self) -> Iterator[SessionScores]:
        """Read the scores of all sessions, in order of modality, case and number.

        Raises:
            RecordError: Naming the file that cannot be read.
        """
        for case in case_folders(self.path, SCHOOLS):
            for file in case.session_files():
                yield read_scores(file.path)
