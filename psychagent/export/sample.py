"""What an export is made of: one prompt with one completion, or one prompt with two trajectories."""

from __future__ import annotations

from typing import Literal

from psychagent.domain.base import Modality, Record
from psychagent.llm.prompt import Message

Task = Literal["counselor", "summary", "profile", "select", "rewrite"]
TASKS: tuple[Task, ...] = ("counselor", "summary", "profile", "select", "rewrite")
DEFAULT_TASKS: tuple[Task, ...] = ("counselor", "summary", "profile")
"""The paper's: response with its reasoning, memory extraction, and the next plan (inside the summary)."""


class Origin(Record):
    """Where in a run a piece of training data comes from."""

    modality: Modality
    case_id: str
    session_index: int
    task: Task
    turn: int | None = None
    """Number of the turn in the session's dialogue, from 0; None for tasks of a whole session."""
    reward: float | None = None
    """The session's reward in standard deviations; None where nothing was judged."""
    margin: float | None = None
    """How far that is above the best of the other rollouts, or above the rejected one of a pair."""
    rejected: int | None = None
    """Index of the rejected rollout of a pair."""

    @property
    def id(self) -> str:
        """A name that is unique in the export."""
        parts = [self.modality.value, self.case_id, str(self.session_index), self.task]
        parts += [] if self.turn is None else [str(self.turn)]
        parts += [] if self.rejected is None else [f"over-{self.rejected}"]
        return "/".join(parts)


class Sample(Record):
    """What a model was sent, and what it should answer."""

    origin: Origin
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    """The completion: one assistant message, or all that follows the prompt in a pair of sessions."""
    rejected: tuple[Message, ...] = ()
    """What it should not answer; empty except in preference data."""

    def content(self) -> tuple[object, ...]:
        """Return what makes two samples duplicates of each other."""
        return tuple(
            tuple((m["role"], m["content"]) for m in part)
            for part in (self.prompt, self.chosen, self.rejected)
        )
