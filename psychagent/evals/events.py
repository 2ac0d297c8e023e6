"""What happens in an evaluation, as values that a terminal, a page, a log or another process can take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psychagent.domain.scores import ScaleResult
from psychagent.runs.events import CallAnswered, StopHeard


@dataclass(frozen=True)
class EvalBegan:
    """The sessions are known and the first are about to be judged."""

    sessions: int
    """Worthless sessions included."""
    scales: int
    """Scales that are still to be asked, over all sessions."""


@dataclass(frozen=True)
class ScaleJudged:
    """One scale of a session came in; its file holds it already."""

    session: str
    """Its place among the evaluation's files, such as `cbt/en01/session_1`."""
    scale: str
    result: ScaleResult


@dataclass(frozen=True)
class SessionJudged:
    """Every scale of a session that was open is in."""

    session: str


EvalEvent = EvalBegan | CallAnswered | ScaleJudged | SessionJudged | StopHeard
Tell = Callable[[EvalEvent], None]


def tell_nobody(event: EvalEvent) -> None:
    """Let an event pass."""
