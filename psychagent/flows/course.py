"""The course graph: sessions one after another, memory carried between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from psychagent.flows.session import build_session, recursion_limit
from psychagent.nodes.deps import Deps
from psychagent.nodes.opening import brief_of, open_session
from psychagent.nodes.reflect import reflect, summarize, update_file
from psychagent.nodes.select import select_only
from psychagent.nodes.state import CourseState, Knobs, Rollout

SESSION_NODES = ("retrieve", "counselor", "client")


class RolloutTask(TypedDict):
    """What one rollout is sent: the state it starts from, and its number."""

    state: CourseState
    index: int


def start_rollouts(state: CourseState, runtime: Runtime[Knobs]) -> list[Send] | str:
    """Send the open session to n rollouts, or end the course."""
    if state["finished_reason"]:
        return END
    knobs = runtime.context or Knobs()
    return [Send("rollout", {"state": _slim(state), "index": index}) for index in range(knobs.rollouts)]


def _slim(state: CourseState) -> CourseState:
    """Keep what a rollout starts from: payloads are checkpointed."""
    return {
        "case": state["case"],
        "plan": state["plan"],
        "memory": state["memory"],
        "candidates": state["candidates"],
        "session_index": state["session_index"],
    }


def rollout(deps: Deps) -> Callable[..., Awaitable[CourseState]]:
    """Make the node that holds one candidate session in a graph of its own."""
    session = build_session(deps)

    async def hold(task: RolloutTask, config: RunnableConfig, runtime: Runtime[Knobs]) -> CourseState:
        knobs = runtime.context or Knobs()
        brief = brief_of(task["state"], knobs, task["index"])
        config = {**config, "recursion_limit": recursion_limit(knobs.max_counselor_turns)}
        held = await session.ainvoke({"turns": []}, config, context=brief)
        return {"rollouts": [Rollout(index=task["index"], turns=tuple(held["turns"]), usage=held["usage"])]}

    return hold


def build_course(deps: Deps, checkpointer: Any = None) -> CompiledStateGraph[CourseState, Knobs, Any, Any]:
    """Build the course graph.

    Input is `{"case": Case}`, or `{}` to start from the knobs' bundled profile. One thread holds one
    course. Pass `durability="sync"` only together with a checkpointer.
    """
    graph = StateGraph(CourseState, context_schema=Knobs)
    graph.add_node("open", open_session(deps))
    graph.add_node("rollout", rollout(deps))
    graph.add_node("select", select_only)
    graph.add_node("summarize", summarize(deps))
    graph.add_node("update_file", update_file(deps))
    graph.add_node("reflect", reflect)
    graph.add_edge(START, "open")
    graph.add_conditional_edges("open", start_rollouts, ["rollout", END])
    graph.add_edge("rollout", "select")
    graph.add_edge("select", "summarize")
    graph.add_edge("select", "update_file")
    graph.add_edge(["summarize", "update_file"], "reflect")
    graph.add_edge("reflect", "open")
    return graph.compile(checkpointer=checkpointer, name="course")
