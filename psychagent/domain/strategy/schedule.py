"""Which stage a session has where nobody plans."""

from __future__ import annotations

from psychagent.domain.base import Stage


def scheduled_stage(session_index: int, max_sessions: int) -> Stage:
    """Return the stage of a session by its number alone.

    The first quarter of the sessions conceptualizes and the last quarter consolidates, each at least one
    session, the first of a course always the former; those between intervene. The course ends at its limit,
    so none is a termination.

    Args:
        session_index: Number of the session, from 1.
        max_sessions: Sessions of the course.
    """
    quarter = max(1, max_sessions // 4)
    if session_index <= quarter:
        return Stage.CONCEPTUALIZATION
    return Stage.CONSOLIDATION if session_index > max_sessions - quarter else Stage.INTERVENTION
