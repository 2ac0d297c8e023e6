"""The session graph: retrieve, counselor, client, until the client has answered the goodbye."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from psychagent.domain.role import ClientKind
from psychagent.domain.turn import Turn, count_counselor_turns
from psychagent.nodes.client import client
from psychagent.nodes.counselor import counselor
from psychagent.nodes.deps import Deps
from psychagent.nodes.retrieve import retrieve
from psychagent.nodes.state import Brief, SessionState


def is_over(turns: Sequence[Turn], most: int) -> bool:
    """Return whether the counselor said goodbye or has used up its turns."""
    return any(turn.ends_session for turn in turns[-2:]) or count_counselor_turns(turns) >= most


async def after_counselor(state: SessionState, runtime: Runtime[Brief]) -> str:
    """Let the client answer, a goodbye too; a person need not answer one to end the session."""
    # async, like every node and edge: LangGraph hands a plain function to a thread and waits for it
    knobs = runtime.context.knobs
    is_person = knobs.client is ClientKind.HUMAN
    return END if is_person and is_over(state["turns"], knobs.max_counselor_turns) else "client"


async def after_client(state: SessionState, runtime: Runtime[Brief]) -> str:
    """End after the client's last word."""
    return END if is_over(state["turns"], runtime.context.knobs.max_counselor_turns) else "retrieve"


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
    graph.add_conditional_edges("client", after_client, ["retrieve", END])
    return graph.compile(name="session")
