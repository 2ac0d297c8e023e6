"""Candidate sessions, the choice among them, and a finished session as its file records it."""

from __future__ import annotations

import traceback

from pydantic import Field

from psychagent.domain.base import Record
from psychagent.domain.cause import Cause
from psychagent.domain.client_memory import Recall
from psychagent.domain.memory import ClientFile, SessionSummary
from psychagent.domain.plan import Correction, Plan
from psychagent.domain.risk.finding import RiskFinding
from psychagent.domain.scores import SessionScores
from psychagent.domain.strategy.item import MemoryStock
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.domain.words.cut import cut

_LONGEST_MESSAGE, _LONGEST_TRACE = 600, 8000
"""In characters; a traceback is cut at its start, because its end says most."""


class Choice(Record):
    """Which rollout was chosen, and why; as stored."""

    winner: int
    selector: str
    rewards: dict[int, float] = Field(default_factory=dict)
    """Index of each comparable rollout -> reward in standard deviations, on the metrics compared."""
    compared: tuple[str, ...] = ()
    """The metrics that the rewards are means of."""
    tied: tuple[int, ...] = ()
    """Rollouts that share the highest reward; empty where one alone has it."""
    excluded: dict[int, str] = Field(default_factory=dict)
    """Index of each rollout that could not win -> why."""
    own_rewards: dict[int, float] = Field(default_factory=dict)
    """Each rollout's reward on all metrics it has: for information, never for the choice."""
    skipped: dict[str, str] = Field(default_factory=dict)
    """Metrics that the rewards leave out -> why, such as the lack of a norm."""
    unasked: tuple[int, ...] = ()
    """Rollouts in which voiced danger was not asked about in the counselor's next turn. The winner is among
    them only if it was asked about in none that was scored."""

    @property
    def is_unasked(self) -> bool:
        """Whether voiced danger was not asked about at once in any rollout that could be chosen."""
        return self.winner in self.unasked

    def margin(self) -> float | None:
        """Return how far the best reward is above the next; None with fewer than two."""
        ranked = sorted(self.rewards.values(), reverse=True)
        return ranked[0] - ranked[1] if len(ranked) > 1 else None


class Failure(Record):
    """Why something could not be done."""

    error: str
    """Class of the error."""
    message: str
    traceback: str = ""
    """Where it was raised, for debugging; empty if it was not recorded."""
    cause: Cause | None = None
    """Why a model gave no usable answer; None for any other failure, and in files of earlier versions."""

    @property
    def ends_run(self) -> bool:
        """Whether no other case could fare better: it is the run that failed, and this case goes on later."""
        return self.cause is not None and self.cause.ends_run

    @classmethod
    def of(cls, error: BaseException, message: str | None = None, *, cause: Cause | None = None) -> Failure:
        """Describe an error, by `message` if given; long texts are cut."""
        text = " ".join(str(error).split()) if message is None else message
        trace = "".join(traceback.format_exception(error))
        return cls(
            error=type(error).__name__,
            message=cut(text, _LONGEST_MESSAGE),
            traceback=trace[-_LONGEST_TRACE:],
            cause=cause,
        )


class Rollout(Record):
    """One candidate session."""

    index: int
    turns: tuple[Turn, ...] = ()
    risk: tuple[RiskFinding, ...] = ()
    """Turns of the client in which the safety gate found danger."""
    usage: Usage = Usage()
    failure: Failure | None = None
    closed_by: Cause | None = None
    """Why its last turn could not be answered, if it closed for that."""
    judgement: SessionScores | None = None
    """The judge's scores; None if no judge was asked."""
    holdout: SessionScores | None = None
    """A second judge's scores, for the report only."""


class FinishedSession(Record):
    """A session with everything that its file records."""

    session_index: int
    plan: Plan
    file_before: ClientFile
    stock_before: MemoryStock = MemoryStock()
    """What a memory without a client file held."""
    turns: tuple[Turn, ...]
    summary: SessionSummary
    file_after: ClientFile
    usage: Usage
    winner: int = 0
    rollouts: tuple[Rollout, ...] = ()
    """The candidates, where there was more than one."""
    candidates: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    selection: Choice | None = None
    """Rewards and how the winner was chosen, where there was more than one."""
    risk: tuple[RiskFinding, ...] = ()
    """What the safety gate found in the chosen rollout."""
    recall: Recall | None = None
    """What the client remembers; None where a person was the client."""
    closed_by: Cause | None = None
    """Why its last turn could not be answered, if it closed for that."""
