"""The typed state of the graphs and the values that nodes pass on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, TypedDict

from langgraph.channels.delta import DeltaChannel

from psychagent.domain.memory import ClientFile, Memory, MemoryView, SessionSummary, view_memory
from psychagent.domain.plan import Correction, Plan
from psychagent.domain.profile import Case
from psychagent.domain.rollout import Choice, FinishedSession, Rollout
from psychagent.domain.scores import SessionScores
from psychagent.domain.seed import derive_seed
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage, fold_usage


@dataclass(frozen=True)
class Knobs:
    """What a person may turn per run; LangGraph Studio shows these. Never holds a key."""

    language: str = "en"
    modality: str = "cbt"
    profile: str = "en01"
    """Id of a bundled profile, for graphs that are started without a case."""
    rollouts: int = 1
    """Candidate sessions, of which the best is kept; more than one needs a judge."""
    max_sessions: int = 6
    max_counselor_turns: int = 8
    client: str = "simulator"
    """`simulator`, or `human`: then a person answers through interrupts."""
    counselor_model: str = ""
    """Another model name at the counselor's endpoint; empty is the configured one."""
    seed: int = 0


@dataclass(frozen=True)
class Brief:
    """What does not change within a session: the session graph's context, never in its state."""

    case: Case
    plan: Plan
    memory: Memory
    candidates: tuple[str, ...]
    """Ids of the skills that the session may draw on."""
    session_index: int
    rollout_index: int = 0
    attempt: int = 0
    """Which try of this rollout it is, from 0."""
    knobs: Knobs = field(default_factory=Knobs)

    @cached_property
    def view(self) -> MemoryView:
        """The part of memory that this session's prompts show."""
        return view_memory(self.memory)

    def seed(self, *parts: object) -> int:
        """Derive a call's seed from case, session, rollout and the parts given, in 0..2^31-1."""
        return derive_seed(
            self.knobs.seed,
            self.case.modality.value,
            self.case.case_id,
            self.session_index,
            self.rollout_index + 1000 * self.attempt,
            *parts,
        )


def append_turns(left: list[Turn] | None, batches: Sequence[list[Turn]]) -> list[Turn]:
    """Reduce turn updates: append in order (pure and associative, as DeltaChannel demands)."""
    return [*(left or []), *(turn for batch in batches for turn in batch)]


def collect_rollouts(left: list[Rollout], right: list[Rollout]) -> list[Rollout]:
    """Collect rollouts by index: idempotent, whatever the order; an empty list clears."""
    if not right:
        return []
    by_index = {rollout.index: rollout for rollout in [*left, *right]}
    return [by_index[index] for index in sorted(by_index)]


class SessionState(TypedDict, total=False):
    """State of one session: only what grows."""

    turns: Annotated[list[Turn], DeltaChannel(append_turns)]
    usage: Annotated[Usage, DeltaChannel(fold_usage)]
    retrieved: Turn | None
    """What retrieval found for the counselor's next turn (skills and query of a turn without words)."""


class RolloutState(TypedDict, total=False):
    """State of one rollout: its session, then what judges gave it."""

    turns: list[Turn]
    usage: Usage
    judgement: SessionScores
    holdout: SessionScores


class CourseState(TypedDict, total=False):
    """State of a course: what is carried from session to session."""

    case: Case
    plan: Plan
    memory: Memory
    session_index: int
    """Number of the session that is open, or of the last one once finished; from 1."""
    candidates: list[str]
    opening_usage: Usage
    rollouts: Annotated[list[Rollout], collect_rollouts]
    summary: SessionSummary
    summary_usage: Usage
    client_file: ClientFile
    file_usage: Usage
    corrections: list[Correction]
    """What the guard changed in the plan of the open session."""
    winner: int
    """Index of the chosen rollout; -1 while none is."""
    selection: Choice | None
    attempts: int
    """How often rollouts of this session have been held again because too few could be compared."""
    first_attempt: int
    """What `attempts` was, and one more, when a failed session was last taken up: retries count anew."""
    again: list[int]
    """Rollouts that are to be held again."""
    reference_scores: dict[str, float]
    """Scores of the previously chosen session, for rewards of change."""
    finished_session: FinishedSession | None
    finished_reason: str
    """`plan` or `max_sessions`; empty while the course goes on."""
