"""How each cell ended, how systems were compared, and the result of the whole experiment."""

from __future__ import annotations

from psychagent.domain.base import Record
from psychagent.evals.summary import EvalResult
from psychagent.runs.money.spending import Spending
from psychagent.runs.outcome import HELD_BY_BUDGET, RunResult, Status


class CellOutcome(Record):
    """One cell at the end of an experiment."""

    system: str
    seed: int
    cases: dict[str, int] = {}
    """Status -> number of cases."""
    sessions: int = 0
    """Sessions that were held."""
    judged: int = 0
    """Sessions that have scores."""
    missing: int = 0
    """Scales that could not be filled in."""
    left_out: int = 0
    """Files that could not be judged."""
    unscored: bool = False
    """Whether rollouts lack scores."""
    failure: str = ""
    """Why the cell could not go on; empty if it could."""
    stopped: str = ""
    """Why it stopped by itself before it was done; empty if it did not."""
    held: bool = False
    """Whether it stopped because the budget is spent."""
    interrupted: bool = False
    """Whether a signal stopped it."""

    @property
    def is_whole(self) -> bool:
        """Whether every course is finished and every scale filled in."""
        known = {status.value for status in Status if status.is_finished}
        lost = self.missing or self.left_out or self.unscored or self.failure or self.stopped
        return not (lost or self.interrupted) and bool(self.judged) and self.cases.keys() <= known

    def with_run(self, result: RunResult) -> CellOutcome:
        """Add how its courses ended."""
        return self.model_copy(
            update={
                "cases": {status.value: number for status, number in result.count().items()},
                "sessions": sum(outcome.sessions for outcome in result.outcomes),
                "unscored": bool(result.unscored().any),
                "stopped": result.stopped,
                "held": result.held,
                "interrupted": result.interrupted,
            }
        )

    def with_scores(self, result: EvalResult) -> CellOutcome:
        """Add how its evaluation ended."""
        return self.model_copy(
            update={
                "judged": len(result.sessions),
                "missing": len(result.missing),
                "left_out": len(result.broken),
                "stopped": result.stopped,
                "held": result.held,
                "interrupted": result.interrupted and not result.stopped,
            }
        )


class PairsOutcome(Record):
    """How the comparison in pairs ended."""

    judged: int = 0
    """Meetings that were judged in both orders, on each scale."""
    lacking: int = 0
    """Meetings that were not."""
    stopped: str = ""
    """Why it stopped by itself before it was done."""
    held: bool = False
    """Whether it stopped because the budget is spent."""
    interrupted: bool = False
    """Whether a signal stopped it."""


class ExperimentResult(Record):
    """All cells of an experiment that were begun."""

    outcomes: tuple[CellOutcome, ...]
    interrupted: bool = False
    """Whether a signal stopped it before all cells were done."""
    held: bool = False
    """Whether cells are not done because the budget is spent."""
    pairs: PairsOutcome | None = None
    """How the comparison in pairs ended; None where there is none, or it has to wait for cells."""
    spending: Spending | None = None
    """What was spent; None without a budget."""

    def exit_status(self) -> int:
        """0 only if every cell is whole; 130 after a clean stop by a signal, 3 at the budget; else 1."""
        if self.interrupted:
            return 130
        if self.held:
            return HELD_BY_BUDGET
        lacks_pairs = self.pairs is not None and (self.pairs.lacking or self.pairs.stopped)
        return 0 if all(outcome.is_whole for outcome in self.outcomes) and not lacks_pairs else 1
