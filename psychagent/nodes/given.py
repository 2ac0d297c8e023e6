"""What a graph is given as input although it keeps it itself: it then has the types that a caller likes."""

from __future__ import annotations

from collections.abc import Mapping

from psychagent.domain.client_memory import Recall
from psychagent.domain.memory import Memory
from psychagent.domain.rollout import Rollout
from psychagent.errors import SettingsError
from psychagent.nodes.state import CourseState, OpenSession, not_to_be_given

_ONE: Mapping[str, type] = {"open": OpenSession, "memory": Memory, "last_scores": dict, "kept_knobs": dict}
_MANY: Mapping[str, type] = {"recalls": Recall, "rollouts": Rollout}
"""Of what a course keeps from session to session, the kind of each value, or of each in a list."""


def last_session(state: CourseState) -> OpenSession | None:
    """Return the session that was open last; None at the beginning of a course.

    Raises:
        SettingsError: If the input holds what the graph keeps itself, or comes while a session is open.
    """
    last = state.get("open")
    for name, value in state.items():
        # at the beginning nothing is there but the case, and empty lists
        if name != "case" and value and (last is None or not _fits(name, value)):
            raise not_to_be_given(name, value)
    if last is not None and "finished_session" in state and state["finished_session"] is None:
        raise SettingsError(
            f"this thread holds session {last.index}, which an input would drop; answer what it asks, go on "
            "without an input from the checkpoint before this one, or take another thread"
        )
    return last


def _fits(name: str, value: object) -> bool:
    if name in _MANY:
        return isinstance(value, list) and all(isinstance(each, _MANY[name]) for each in value)
    return isinstance(value, _ONE.get(name, object))
