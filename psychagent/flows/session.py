"""The session graph: retrieve, counselor, client, until the session ends."""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from psychagent.domain.turn import count_counselor_turns
from psychagent.nodes.client import client
from psychagent.nodes.counselor import counselor
from psychagent.nodes.deps import Deps
from psychagent.nodes.retrieve import retrieve
from psychagent.nodes.state import Brief, SessionState


async def after_counselor(state: SessionState, runtime: Runtime[Brief]) -> str:
    """End when the counselor says goodbye or has used up its turns; else the client answers."""
    # async, like every node and edge: LangGraph hands a plain function to a thread and waits for it
    turns, most = state["turns"], runtime.context.knobs.max_counselor_turns
    return END if turns[-1].ends_session or count_counselor_turns(turns) >= most else "client"


def recursion_limit(max_counselor_turns: int) -> int:
    """Return the most supersteps that a session may take: three per counselor turn, plus a margin."""
    return 3 * max_counselor_turns + 10


def build_session(deps: Deps) -> CompiledStateGraph[SessionState, Brief, Any, Any]:
    """Build the graph of one session; its context is the session's Brief."""
    graph = StateGraph(SessionState, context_schema=Brief)
    graph.add_node("retrieve", retrieve(deps))
    graph.add_node("counselor", counselor(deps))
    graph.add_node("client", client(deps))
    graph.add_edge(START, "retrieve")
    graph.add_edge("retrieve", "counselor")
    graph.add_conditional_edges("counselor", after_counselor, ["client", END])
    graph.add_edge("client", "retrieve")
    return graph.compile(name="session")
