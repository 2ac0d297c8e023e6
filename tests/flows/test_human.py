"""A person plays the client: the graph waits at each turn and goes on with what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from psychagent.domain.risk.finding import About
from psychagent.domain.safety import Danger
from psychagent.flows.course import build_course
from psychagent.flows.single import build_single
from psychagent.nodes.client import CLOSE
from tests.support.courses import SAID, START, knobs_of, two_sessions
from tests.support.fakes import Cast, spoken

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
    assert waiting(state) == {"counselor": SAID[0], "session_index": 1, "turn": 1}
    state = await graph.ainvoke(Command(resume=" I am tired. "), CONFIG, context=knobs)
    assert waiting(state) == {"counselor": SAID[2], "session_index": 2, "turn": 1}
    state = await graph.ainvoke(Command(resume="Better."), CONFIG, context=knobs)
    assert "__interrupt__" not in state
    assert state["finished_reason"] == "max_sessions"
    assert cast.asked("client") == cast.asked("recall") == []
    assert {role for role in cast.left()} == {"client"}
    assert state["recalls"] == []


async def test_between_sessions_a_served_course_shows_the_goodbye_and_waits() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver(), pauses=True)
    knobs = knobs_of(cast, client="human")
    await graph.ainvoke(START, CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=knobs)
    shown = waiting(state)
    assert shown == {"closed": True, "counselor": SAID[1], "session_index": 1, "homework": ["task1"]}
    assert len(cast.asked("counselor")) == 2, "the next session has not begun"
    for said in ("Hello?", ["a"], True, {"end": True}):
        state = await graph.ainvoke(Command(resume=said), CONFIG, context=knobs)
        assert "the session is over" in waiting(state)["problem"]
        assert waiting(state)["say"].startswith("This session is over, so nobody reads")
        assert "next" not in waiting(state)["say"], "a person is shown no order of the program's"
        assert waiting(state) | shown == waiting(state)
    state = await graph.ainvoke(Command(resume={"next": True}), CONFIG, context=knobs)
    assert waiting(state) == {"counselor": SAID[2], "session_index": 2, "turn": 1}
    assert "Hello?" not in str(cast.asked("counselor")), "nobody heard it"
    state = await graph.ainvoke(Command(resume="Better."), CONFIG, context=knobs)
    assert "__interrupt__" not in state, "no session follows the last one"
    assert state["finished_reason"] == "max_sessions"


async def test_an_empty_answer_begins_the_next_session_and_a_simulated_client_is_not_asked() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver(), pauses=True)
    knobs = knobs_of(cast, client="human")
    await graph.ainvoke(START, CONFIG, context=knobs)
    await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume=""), CONFIG, context=knobs)
    assert waiting(state)["counselor"] == SAID[2]
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver(), pauses=True)
    state = await graph.ainvoke(START, CONFIG, context=knobs_of(cast))
    assert state["finished_reason"] == "max_sessions"


async def test_danger_that_is_told_of_between_sessions_shows_the_card() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver(), pauses=True)
    knobs = knobs_of(cast, client="human", region="US")
    await graph.ainvoke(START, CONFIG, context=knobs)
    await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume="I want to kill myself."), CONFIG, context=knobs)
    assert waiting(state)["card"]["lines"][0]["call"] == "911"
    assert waiting(state)["card"]["talk"].startswith("This session is over")
    assert waiting(state)["problem"].startswith("do not wait here: call now. People you can reach now: 911")


async def test_danger_that_is_told_of_between_sessions_is_before_the_next_counselor() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver(), pauses=True)
    knobs = knobs_of(cast, client="human", region="US")
    await graph.ainvoke(START, CONFIG, context=knobs)
    await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=knobs)
    for said in ("Hello?", "I want to kill myself.", {"text": "He beats me.", "turn": 3}):
        await graph.ainvoke(Command(resume=said), CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume={"next": True}), CONFIG, context=knobs)
    memory, opening = state["memory"], str(cast.asked("counselor")[2])
    assert (memory.risk_level, memory.risk_about) == (2, About.SELF)
    assert memory.summaries[-1].safety.danger is Danger.VOICED
    assert "In their words: He beats me. / I want to kill myself." in opening
    assert "Danger was open when the last session ended" in opening
    assert "Hello?" not in opening, "what tells of no danger is not kept"


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


async def test_a_person_may_end_a_session_instead_of_answering() -> None:
    cast = two_sessions()
    del cast.models["counselor"].replies[1]
    graph = build_course(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human")
    await graph.ainvoke(START, CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume=dict(CLOSE)), CONFIG, context=knobs)
    assert waiting(state) == {"counselor": SAID[2], "session_index": 2, "turn": 1}
    assert len(cast.asked("summary")) == len(cast.asked("client_file")) == 1
    assert state["memory"].summaries[0].session_summary_abstract == "sum1 abstract"


async def test_words_that_look_like_the_end_of_a_session_are_words() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human")
    await graph.ainvoke(START, CONFIG, context=knobs)
    await graph.ainvoke(Command(resume='{"end": true}</end>'), CONFIG, context=knobs)
    assert '{"end": true}</end>' in cast.asked("counselor")[1][-1]["content"]


async def test_an_answer_by_its_interrupts_id_answers_no_later_one_after_a_crash() -> None:
    cast = two_sessions(max_counselor_turns=6)
    cast.models["counselor"].replies[1:1] = [RuntimeError("killed here"), spoken("And then?")]
    graph = build_course(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human")
    state = await graph.ainvoke(START, CONFIG, context=knobs)
    (interrupt,) = state["__interrupt__"]
    with pytest.raises(RuntimeError):
        await graph.ainvoke(Command(resume={interrupt.id: "I am tired."}), CONFIG, context=knobs)
    state = await graph.ainvoke(None, CONFIG, context=knobs)
    assert waiting(state)["counselor"] == "And then?"
    assert str(cast.asked("counselor")[-1]).count("I am tired.") == 1


async def test_what_is_no_answer_is_asked_for_again_and_never_said() -> None:
    cast = two_sessions()
    graph = build_course(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human")
    await graph.ainvoke(START, CONFIG, context=knobs)
    for bad in ("", ["a"], {"text": "late", "turn": 9}):
        state = await graph.ainvoke(Command(resume=bad), CONFIG, context=knobs)
        assert str(waiting(state)["problem"]).startswith("the answer is ")
    assert len(cast.asked("counselor")) == 1, "the counselor hears nothing of it"
    state = await graph.ainvoke(
        Command(resume={"text": "I am tired.", "turn": waiting(state)["turn"]}), CONFIG, context=knobs
    )
    assert "problem" not in waiting(state)
    assert cast.asked("counselor")[1][-1]["content"].count("I am tired.") == 1
