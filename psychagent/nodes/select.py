"""The choice among rollouts."""

from __future__ import annotations

from psychagent.nodes.state import CourseState


def select_only(state: CourseState) -> CourseState:
    """Take the one rollout of plain simulation."""
    return {"winner": state["rollouts"][0].index}
