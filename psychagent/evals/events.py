"""Events of an evaluation: plain values for a terminal, a page, a log or another process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psychagent.domain.scores import ScaleResult
from psychagent.runs.events import CallAnswered, Noticed, StopHeard


@dataclass(frozen=True)
class EvalBegan:
    """The sessions are known; judging is about to start."""

    sessions: int
    """Worthless sessions included."""
    scales: int
    """Scales still to be judged, over all sessions."""


@dataclass(frozen=True)
class ScaleJudged:
    """One scale of a session was judged and is already written to its file."""

    session: str
    """Path of its scores within the evaluation, such as `cbt/en01/session_1`."""
    scale: str
    result: ScaleResult


@dataclass(frozen=True)
class SessionJudged:
    """Every open scale of a session has been judged."""

    session: str


EvalEvent = EvalBegan | CallAnswered | Noticed | ScaleJudged | SessionJudged | StopHeard
Tell = Callable[[EvalEvent], None]


def tell_nobody(event: EvalEvent) -> None:
    """Ignore an event."""
