"""How far an experiment is, from its files alone: no model, no graph and no embedder is needed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from os.path import lexists

from psychagent.assets.cases import CaseFile
from psychagent.domain.base import Record
from psychagent.domain.usage import RoleUsage, sum_usage
from psychagent.errors import RecordError
from psychagent.experiments.index import scripted_roles
from psychagent.experiments.notes import find_notes
from psychagent.experiments.plan import Cell, ExperimentPlan, find_cells
from psychagent.files.given import require
from psychagent.records.experiments.index import read_index
from psychagent.records.summary import EvalSummary, read_summary
from psychagent.runs.outcome import Status
from psychagent.runs.overview import is_held
from psychagent.runs.totals import record_of


class CellState(StrEnum):
    """How far a cell is."""

    OPEN = "not begun"
    RUNNING = "running"
    """A process is working in it at this moment."""
    UNFINISHED = "unfinished"
    """A case is not over, and nobody works on it; the same command goes on."""
    FAILED = "failed"
    """At least one case failed; the same command tries it again."""
    HELD = "held"
    """All sessions are there, and some have no scores yet."""
    DONE = "done"


class CellStatus(Record):
    """One cell as its files say it."""

    system: str
    seed: int
    state: CellState
    cases: int = 0
    """Finished cases."""
    of_cases: int
    """Cases that the experiment takes."""
    sessions: int = 0
    judged: int = 0
    """Sessions that have scores."""
    calls: int = 0
    """Of the courses and, once scores are there, of the judge."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    missing: int = 0
    """Scales that could not be filled in."""
    note: str = ""
    """What cannot be read."""
    run: str
    evaluation: str


class ExperimentStatus(Record):
    """An experiment as its files say it."""

    name: str
    folder: str
    is_script: bool
    """Whether a script instead of a language model played a role."""
    cells: tuple[CellStatus, ...]
    earlier: tuple[str, ...] = ()
    """Folders of cells whose settings were changed since."""
    notes: tuple[str, ...] = ()
    """What a reader of a comparison has to know."""


def experiment_status(plan: ExperimentPlan) -> ExperimentStatus:
    """Say how far each cell of a plan is.

    Raises:
        SettingsError, AssetError: If the cells cannot be known.
        RecordError: If there is an index that cannot be read.
    """
    cells, cases = find_cells(require(ExperimentPlan, plan, "the plan")), plan.cases()
    index = read_index(plan.index) if lexists(plan.index) else None
    now = {cell.run.path for cell in cells}
    others = [plan.folder / cell.run for cell in (*index.cells, *index.earlier)] if index else []
    return ExperimentStatus(
        name=plan.settings.name,
        folder=str(plan.folder),
        is_script=bool(scripted_roles(plan.settings)),
        cells=tuple(_status(cell, cases) for cell in cells),
        earlier=tuple(str(path) for path in dict.fromkeys(others) if path not in now and path.is_dir()),
        notes=find_notes(plan.settings),
    )


def _status(cell: Cell, cases: Sequence[CaseFile]) -> CellStatus:
    places = [cell.run.case(case.modality, case.case_id) for case in cases]
    records = [record_of(place) for place in places]
    summary, problem = _summary(cell)
    used = sum_usage(record.usage for record in records).total() + (summary.usage if summary else RoleUsage())
    held = [(place, file.index) for place in places for file in place.session_files()]
    judged = sum(
        cell.evaluation.scores_path(place.modality.value, place.case_id, index).is_file()
        for place, index in held
    )
    ends = [record.status for record in records]
    finished = sum(end in _FINISHED for end in ends)
    return CellStatus(
        system=cell.system,
        seed=cell.seed,
        state=_state(cell, ends, is_judged=summary is not None and summary.sessions == judged == len(held)),
        cases=finished,
        of_cases=len(cases),
        sessions=len(held),
        judged=judged,
        calls=used.calls,
        prompt_tokens=used.prompt_tokens,
        completion_tokens=used.completion_tokens,
        missing=len(summary.missing) if summary else 0,
        note=problem,
        run=str(cell.run.path),
        evaluation=str(cell.evaluation.path),
    )


_FINISHED = {status.value for status in Status if status.is_finished}


def _state(cell: Cell, ends: Sequence[str], *, is_judged: bool) -> CellState:
    if is_held(cell.run.lock) or is_held(cell.evaluation.lock):
        return CellState.RUNNING
    if not any(map(lexists, (cell.run.manifest_path, cell.run.checkpoints))):
        return CellState.OPEN
    if Status.FAILED.value in ends:
        return CellState.FAILED
    if not all(end in _FINISHED for end in ends):
        return CellState.UNFINISHED
    return CellState.DONE if is_judged else CellState.HELD


def _summary(cell: Cell) -> tuple[EvalSummary | None, str]:
    """Read the summary of a cell's scores, and say what is wrong with one that cannot be read."""
    if not lexists(cell.evaluation.summary):
        return None, ""
    try:
        return read_summary(cell.evaluation.summary), ""
    except RecordError as error:
        return None, str(error)
