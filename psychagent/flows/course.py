"""The course graph: sessions one after another, each the best of n rollouts; n = 1 is plain simulation."""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from psychagent.files.given import require
from psychagent.flows.given import checking_input
from psychagent.flows.rollout import hold_rollout
from psychagent.nodes.between import pause
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.reflect import reflect, summarize, update_file
from psychagent.nodes.memory.remember import remember
from psychagent.nodes.opening import open_session
from psychagent.nodes.routing import after_select, start_rollouts
from psychagent.nodes.select import select
from psychagent.nodes.state import CourseState

STEPS_A_SESSION = 5
"""Supersteps of one session: open, rollout, select, the three reflections in parallel, reflect."""
STEPS_A_RETRY = 2
"""Supersteps of repeating rollouts: rollout, select."""


def course_limit(max_sessions: int, rollout_retries: int = 0) -> int:
    """Return the most supersteps that a course can take, so that the graph's own limit never ends one.

    Args:
        max_sessions: Maximum sessions of the course.
        rollout_retries: How often the rollouts of one session may be repeated.
    """
    # one for the last opening, which ends the course, and one that LangGraph requires to remain
    return (STEPS_A_SESSION + STEPS_A_RETRY * rollout_retries) * max_sessions + 2


def limit_of(deps: Deps, knobs: Knobs) -> int:
    """Return the most supersteps of a course under the given dependencies and knobs."""
    return course_limit(knobs.max_sessions, deps.rft.settings.rollout_retries if deps.rft else 0)


def build_course(
    deps: Deps, checkpointer: Checkpointer = None, *, knobs: type[Knobs] = Knobs, pauses: bool = False
) -> CompiledStateGraph[CourseState, Knobs, Any, Any]:
    """Build the course graph.

    Input is `{"case": Case}`, or `{}` to start from the knobs' bundled profile. One thread holds one
    course. Pass `durability="sync"` only together with a checkpointer. `knobs` is the context schema
    that a served graph shows; its defaults apply to knobs that a run does not set. With `pauses` a person
    is asked to begin each next session; a chat in a terminal asks by itself.

    Raises:
        SettingsError: If it is to be made of something else.
    """
    require(Deps, deps, "what the course is made of")
    graph = StateGraph(CourseState, context_schema=knobs)
    graph.add_node("open", open_session(deps))
    # without an error handler: an error raised from one takes the pending rollouts out of the checkpoint
    graph.add_node("rollout", hold_rollout(deps, stored=checkpointer is not None))
    graph.add_node("select", select(deps))
    graph.add_node("summarize", summarize(deps))
    graph.add_node("update_file", update_file(deps))
    graph.add_node("remember", remember(deps))
    graph.add_node("reflect", reflect)
    graph.add_edge(START, "open")
    graph.add_conditional_edges("open", start_rollouts(deps), ["rollout", END])
    graph.add_edge("rollout", "select")
    graph.add_conditional_edges("select", after_select, ["summarize", "update_file", "remember", "rollout"])
    graph.add_edge(["summarize", "update_file", "remember"], "reflect")
    if pauses:
        graph.add_node("pause", pause(deps))
        graph.add_edge("reflect", "pause")
    graph.add_edge("pause" if pauses else "reflect", "open")
    return checking_input(graph.compile(checkpointer=checkpointer, name="course"))
