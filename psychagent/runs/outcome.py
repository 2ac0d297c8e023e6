"""How each case ended, and the result of the whole run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from psychagent.domain.base import Modality, Record
from psychagent.domain.ending import EndReason
from psychagent.domain.rollout import Failure
from psychagent.domain.usage import Usage, sum_usage
from psychagent.records.judged.unscored import Unscored
from psychagent.runs.money.spending import Spending


class Status(StrEnum):
    """How a case ended."""

    ENDED_BY_PLAN = "finished by plan"
    ENDED_BY_LIMIT = "finished by max_sessions"
    PARTIAL = "partial"
    FAILED = "failed"

    @property
    def is_finished(self) -> bool:
        """Whether the course ran to its end."""
        return self in {Status.ENDED_BY_PLAN, Status.ENDED_BY_LIMIT}


def status_of(reason: EndReason | None) -> Status:
    """Return the status of a case that did not fail; without a reason its course is not over."""
    match reason:
        case None:
            return Status.PARTIAL
        case EndReason.PLAN:
            return Status.ENDED_BY_PLAN
        case EndReason.MAX_SESSIONS:
            return Status.ENDED_BY_LIMIT
        case unknown:
            assert_never(unknown)


HELD_BY_BUDGET = 3
"""Exit status of a run that stopped at its budget; the same command with a higher one goes on."""


class Outcome(Record):
    """One case at the end of a run."""

    case_id: str
    modality: Modality
    status: Status
    sessions: int = 0
    """Finished sessions."""
    turns: int = 0
    """Counselor turns in them."""
    usage: Usage = Usage()
    failure: Failure | None = None
    unscored: Unscored = Unscored()
    folder: str = ""


class RunResult(Record):
    """All cases of a run."""

    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    stopped: str = ""
    """Why the run stopped by itself before all cases were done; empty if it did not."""
    replies_taken: int = 0
    """Replies that an interrupted run had kept and that were not asked for again."""
    spending: Spending | None = None
    """What was spent; None where nothing was asked."""
    held: bool = False
    """Whether cases are not over because the budget is spent."""

    def count(self) -> Counter[Status]:
        """Count the cases by status."""
        return Counter(outcome.status for outcome in self.outcomes)

    def usage(self) -> Usage:
        """Sum the usage of all cases."""
        return sum_usage(outcome.usage for outcome in self.outcomes)

    def unscored(self) -> Unscored:
        """Count the rollouts that lack scores, over all cases."""
        return sum((outcome.unscored for outcome in self.outcomes), Unscored())

    def exit_status(self) -> int:
        """0 if every case finished and no judge failed; 130 after a clean stop, 3 at a budget; else 1."""
        if self.interrupted:
            return 130
        if self.held:
            return HELD_BY_BUDGET
        is_whole = all(outcome.status.is_finished and not outcome.unscored.any for outcome in self.outcomes)
        return 0 if is_whole else 1


def merge_outcomes(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Sort outcomes by modality and case."""
    return tuple(sorted(outcomes, key=lambda o: (o.modality.value, o.case_id)))
