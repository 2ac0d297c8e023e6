"""Take back a person's last words, which got no answer: the session stands again where it asked for them."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from psychagent.chats.scene import session_of
from psychagent.domain.base import Speaker
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import CourseState

_FORK = "__copy__"
"""LangGraph's name for going on from an older checkpoint; what came after it stays in the history."""


async def take_back(graph: CompiledStateGraph[CourseState, Knobs, Any, Any], config: RunnableConfig) -> bool:
    """Take back the words that wait for an answer; return whether there are any in the open session.

    The gate's finding of them stays on record, so that the turn is not taken more lightly in other words.
    """
    session = session_of(await graph.aget_state(config, subgraphs=True))
    turns = session.values["turns"] if session else ()
    if session is None or not turns or turns[-1].speaker is not Speaker.CLIENT:
        return False
    inner = session.config["configurable"]
    place = {name: inner[name] for name in ("thread_id", "checkpoint_ns")}
    async for before in graph.aget_state_history({"configurable": place}):
        if before.next == ("client",):
            await graph.aupdate_state(before.config, None, as_node=_FORK)
            return True
    return False
