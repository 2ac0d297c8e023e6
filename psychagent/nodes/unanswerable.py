"""What becomes of a session in which a turn cannot be answered, as the settings say."""

from __future__ import annotations

import logging

from langgraph.runtime import Runtime

from psychagent.domain.base import Speaker
from psychagent.errors import CallError
from psychagent.nodes.deps import Deps, SessionNode
from psychagent.nodes.state import Brief, SessionState

log = logging.getLogger(__name__)


def closing(deps: Deps, node: SessionNode) -> SessionNode:
    """Wrap a node of the session: where its call cannot be answered, the session may close there.

    Only for what lies in the dialogue itself, and only once both have spoken: otherwise there is nothing
    to remember.
    """
    if deps.baseline.unanswerable == "fail":
        return node

    async def go_on(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        try:
            return await node(state, runtime)
        except CallError as error:
            spoken = {turn.speaker for turn in state.get("turns", [])}
            if error.cause is None or not error.cause.is_of_turn or spoken != set(Speaker):
                raise
            log.warning("session %d closes: %s", runtime.context.session_index, error.cause)
            return {"closed_by": error.cause, "usage": error.usage, "retrieved": None}

    return go_on
