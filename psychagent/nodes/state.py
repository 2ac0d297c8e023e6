"""The typed state of the graphs and the values that nodes pass on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, TypedDict

from langgraph.channels.delta import DeltaChannel

from psychagent.domain.base import Record
from psychagent.domain.ending import EndReason
from psychagent.domain.memory import (
    MEMORY_TOKENS,
    ClientFile,
    Memory,
    MemoryView,
    SessionSummary,
    view_memory,
)
from psychagent.domain.plan import Correction, Plan
from psychagent.domain.profile import Case
from psychagent.domain.rollout import Choice, FinishedSession, Rollout
from psychagent.domain.scores import SessionScores
from psychagent.domain.seed import derive_seed
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage, fold_usage
from psychagent.nodes.knobs import Knobs


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
    memory_tokens: int = MEMORY_TOKENS

    @cached_property
    def view(self) -> MemoryView:
        """The part of memory that this session's prompts show."""
        return view_memory(self.memory, budget=self.memory_tokens)

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


class Selected(Record):
    """The rollout that became the session."""

    winner: int
    """Its index."""
    choice: Choice | None = None
    """Rewards and how it was chosen; None where there was only one."""


class OpenSession(Record):
    """The session that is open: set whole when it opens, so that nothing of the one before is left."""

    index: int
    """From 1."""
    plan: Plan
    candidates: tuple[str, ...] = ()
    """Ids of the skills that its turns may draw on."""
    corrections: tuple[Correction, ...] = ()
    """What the guard changed in its plan."""
    usage: Usage = Usage()
    """What opening it cost."""
    attempts: int = 0
    """How often rollouts have been held again because too few could be compared."""
    first_attempt: int = 0
    """One more than `attempts` was when a failed session was last resumed: retries are counted from here."""
    again: tuple[int, ...] = ()
    """Rollouts that are to be held again."""
    selected: Selected | None = None
    """None while no rollout is chosen."""


class Summarized(Record):
    """The summary of the open session, and what it cost."""

    summary: SessionSummary
    usage: Usage


class FileUpdated(Record):
    """The client file after the open session, and what it cost."""

    client_file: ClientFile
    usage: Usage


class CourseState(TypedDict, total=False):
    """State of a course: what is carried from session to session, and the session that is open."""

    case: Case
    memory: Memory
    open: OpenSession
    """The session that is open, or the last one once the course is over."""
    rollouts: Annotated[list[Rollout], collect_rollouts]
    summarized: Summarized | None
    file_updated: FileUpdated | None
    """Written side by side with the summary, so each has a key of its own."""
    last_scores: dict[str, float]
    """Scores of the session chosen before, for rewards of change."""
    finished_session: FinishedSession | None
    """The session that was just closed; None while one is open."""
    finished_reason: EndReason | None
    """None while the course goes on."""
