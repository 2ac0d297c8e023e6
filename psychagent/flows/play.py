"""Run and watch one course from Python: in a notebook, or in code built on top of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from psychagent.domain.profile import Case
from psychagent.domain.role import ClientKind
from psychagent.domain.rollout import FinishedSession
from psychagent.errors import SettingsError
from psychagent.files.given import require
from psychagent.flows.course import build_course, limit_of
from psychagent.flows.events import Event, SessionClosed, read_events
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs, knobs_of
from psychagent.nodes.state import CourseState


async def run_course(
    deps: Deps, case: Case | None = None, *, knobs: Knobs | Mapping[str, Any] | None = None
) -> list[FinishedSession]:
    """Run one course to its end and return its sessions; nothing is written to disk.

    Args:
        deps: From `build_deps`.
        case: Whom to see; None takes the knobs' bundled profile.
        knobs: Limits and choices, also as a mapping; None takes those of the settings.

    Raises:
        SettingsError: If a knob has a value that it cannot have; so has a client that is a person.
        ProviderError, ReplyError: When a model call fails for good.
    """
    events = stream_course(deps, case, knobs=knobs)
    return [event.session async for event in events if isinstance(event, SessionClosed)]


async def stream_course(
    deps: Deps,
    case: Case | None = None,
    *,
    knobs: Knobs | Mapping[str, Any] | None = None,
    words: bool = False,
    graph: CompiledStateGraph[CourseState, Knobs, CourseState, CourseState] | None = None,
) -> AsyncIterator[Event]:
    """Run one course and yield what happens.

    Args:
        deps: From `build_deps`.
        case: Whom to see; None takes the knobs' bundled profile.
        knobs: Limits and choices, also as a mapping; None takes those of the settings.
        words: Also yield the counselor's words as they are streamed (`tags` replies only; a `json`
            reply is readable only when complete). A reply that turns out malformed is requested
            again: the `Said` that follows supersedes its words.
        graph: A course graph to use; None builds one.
    """
    require(Deps, deps, "what the course is made of")
    if graph is not None:
        require(CompiledStateGraph, graph, "the graph")
    chosen = knobs_of(Knobs(**knobs) if isinstance(knobs, Mapping) else knobs, deps.knobs)
    if chosen.client is ClientKind.HUMAN:
        raise SettingsError(
            "knob 'client': 'human' waits for a person's words, and nobody is asked here; use `psychagent "
            "chat`, or build_course with a checkpointer"
        )
    config: RunnableConfig = {"recursion_limit": limit_of(deps, chosen)}
    start: CourseState = {} if case is None else {"case": case}
    stream = (graph or build_course(deps)).astream(
        start,
        config,
        context=chosen,
        stream_mode=["updates", "messages"] if words else ["updates"],
        subgraphs=True,
        version="v2",
    )
    async for event in read_events(stream, end_token=deps.baseline.end_token):
        yield event
