"""Why a course is over."""

from __future__ import annotations

from enum import StrEnum

from psychagent.domain.base import Stage


class EndReason(StrEnum):
    """What ended a course."""

    PLAN = "plan"
    """The plan reached termination."""
    MAX_SESSIONS = "max_sessions"
    """The session limit was reached."""


def end_reason(stage: Stage, session_index: int, max_sessions: int) -> EndReason | None:
    """Decide whether a course ends before another session.

    Args:
        stage: Stage of the plan decided for the next session.
        session_index: Number of the session that just ended, from 1.
        max_sessions: Most sessions in a course.

    Returns:
        Why it ends; None if it continues.
    """
    if session_index >= max_sessions:
        # the summary of a last session proposes no plan, so the limit is all that is known to have ended it
        return EndReason.MAX_SESSIONS
    return EndReason.PLAN if stage is Stage.TERMINATION else None
