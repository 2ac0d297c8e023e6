"""The graph of a single session, for Studio and for trying out prompts: open, then meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Checkpointer

from psychagent.domain.turn import Turn
from psychagent.flows.given import checking_input
from psychagent.flows.session import build_session, session_limit
from psychagent.nodes.deps import Deps
from psychagent.nodes.kept import knobs_to_meet
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.opening import open_session, read_brief
from psychagent.nodes.state import CourseState


class SingleState(CourseState, total=False):
    """A course's state, plus the turns of its session."""

    turns: list[Turn]


def build_single(
    deps: Deps, checkpointer: Checkpointer = None
) -> CompiledStateGraph[SingleState, Knobs, Any, Any]:
    """Build the graph of a first session; input as for the course graph, output with `turns`."""
    session = build_session(deps)

    async def meet(state: SingleState, config: RunnableConfig, runtime: Runtime[Knobs]) -> SingleState:
        knobs = knobs_to_meet(state, runtime.context, deps.knobs)
        limits: RunnableConfig = {**config, "recursion_limit": session_limit(deps, knobs)}
        brief = await read_brief(deps, state, knobs)
        final = await session.ainvoke({"turns": []}, limits, context=brief)
        return {"turns": list(final["turns"])}

    graph = StateGraph(SingleState, context_schema=Knobs)
    graph.add_node("open", open_session(deps))
    node: Callable[..., Awaitable[SingleState]] = meet
    graph.add_node("meet", node)
    graph.add_edge(START, "open")
    graph.add_edge("open", "meet")
    graph.add_edge("meet", END)
    return checking_input(graph.compile(checkpointer=checkpointer, name="session"))
