"""A person plays the client: the graph waits at each turn and goes on with what was typed."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from psychagent.flows.course import build_course
from psychagent.flows.single import build_single
from tests.support.courses import SAID, START, knobs_of, two_sessions
from tests.support.fakes import Cast

CONFIG: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 60}


def waiting(state: dict[str, Any]) -> dict[str, Any]:
    """Return what the graph shows to the person it waits for."""
    (interrupt,) = state["__interrupt__"]
    shown: dict[str, Any] = interrupt.value
    return shown


async def test_a_person_answers_through_interrupts_to_the_end_of_the_course() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human")
    state = await graph.ainvoke(START, CONFIG, context=knobs)
    assert waiting(state) == {"counselor": SAID[0], "session_index": 1}
    state = await graph.ainvoke(Command(resume=" I am tired. "), CONFIG, context=knobs)
    assert waiting(state) == {"counselor": SAID[2], "session_index": 2}
    state = await graph.ainvoke(Command(resume="Better."), CONFIG, context=knobs)
    assert "__interrupt__" not in state
    assert state["finished_reason"] == "max_sessions"
    assert cast.asked("client") == cast.asked("recall") == []
    assert {role for role in cast.left()} == {"client"}
    assert state["recalls"] == []


async def test_the_counselor_hears_what_was_typed_and_is_not_asked_twice() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human")
    await graph.ainvoke(START, CONFIG, context=knobs)
    await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=knobs)
    prompts = cast.asked("counselor")
    assert len(prompts) == 3, "two turns of the first session and one of the second"
    assert "I am tired." in prompts[1][-1]["content"]
    assert "I am tired." in cast.asked("summary")[0][-1]["content"]


async def test_a_single_session_waits_for_a_person_too() -> None:
    cast = two_sessions()
    graph = build_single(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human")
    state = await graph.ainvoke(START, CONFIG, context=knobs)
    assert waiting(state)["counselor"] == SAID[0]
    state = await graph.ainvoke(Command(resume="Hello yourself."), CONFIG, context=knobs)
    assert [turn.text for turn in state["turns"]] == [SAID[0], "Hello yourself.", SAID[1]]


async def test_a_single_session_is_held_by_the_simulator_otherwise() -> None:
    cast: Cast = two_sessions()
    state = await build_single(cast.deps).ainvoke(START, {"recursion_limit": 60}, context=knobs_of(cast))
    assert len(state["turns"]) == 4
