"""A thread goes on as it began: what a later run's context leaves out is not taken from the defaults."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from psychagent.errors import SettingsError
from psychagent.flows.course import build_course
from psychagent.flows.single import build_single
from psychagent.nodes import opening
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from tests.support.courses import SAID, START, knobs_of, two_sessions
from tests.support.fakes import Cast, spoken

CONFIG: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 60}
LATER: dict[str, Any] = {
    "none": None,
    "empty": {},
    "defaults": Knobs(),
    "another knob": {"max_counselor_turns": 2},
    "no region": {"region": ""},
}
GRAPHS: dict[str, Any] = {"course": build_course, "session": build_single}


def waiting(state: dict[str, Any]) -> dict[str, Any]:
    """Return what the graph shows to the person it waits for."""
    (interrupt,) = state["__interrupt__"]
    shown: dict[str, Any] = interrupt.value
    return shown


def a_person() -> tuple[Cast, Knobs]:
    """Make a cast whose client is a person in the US."""
    cast = two_sessions(max_counselor_turns=3)
    cast.models["counselor"].replies[1:1] = [spoken("I am glad you say so. Are you safe where you are?")]
    return cast, knobs_of(cast, client="human", region="US")


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("name", GRAPHS)
async def test_a_persons_words_are_heard_whatever_a_later_context_leaves_out(name: str, later: str) -> None:
    cast, knobs = a_person()
    graph = GRAPHS[name](cast.deps, InMemorySaver())
    await graph.ainvoke(START, CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume="I want to kill myself."), CONFIG, context=LATER[later])
    assert cast.asked("client") == [], "nobody plays the person"
    assert waiting(state)["card"]["lines"][0]["call"] == "911"
    assert "I want to kill myself." in str(cast.asked("counselor")[1])


@pytest.mark.parametrize("later", ["none", "empty", "defaults"])
async def test_a_person_is_asked_to_begin_the_next_session_and_holds_it(later: str) -> None:
    cast = two_sessions()
    graph: Any = build_course(cast.deps, InMemorySaver(), pauses=True)
    await graph.ainvoke(START, CONFIG, context=knobs_of(cast, client="human", region="US"))
    state = await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=LATER[later])
    assert waiting(state)["closed"]
    state = await graph.ainvoke(Command(resume=""), CONFIG, context=LATER[later])
    assert waiting(state) == {"counselor": SAID[2], "session_index": 2, "turn": 1}
    state = await graph.ainvoke(Command(resume="Better."), CONFIG, context=LATER[later])
    assert state["finished_reason"] == "max_sessions"
    assert cast.asked("client") == cast.asked("recall") == []


@pytest.mark.parametrize(
    ("began", "later", "told"),
    [
        ({"client": "human"}, {"client": "simulator"}, "began with 'human', and the context has 'simulator'"),
        ({"client": "human"}, {"language": "zh"}, "knob 'language': this thread began with 'en'"),
        ({"client": "human"}, {"modality": "bt"}, "knob 'modality': this thread began with 'cbt'"),
        ({"client": "human"}, {"profile": "en02"}, "knob 'profile': this thread began with 'en01'"),
    ],
)
async def test_a_context_that_says_otherwise_is_refused_and_no_word_is_lost(
    began: dict[str, Any], later: dict[str, Any], told: str
) -> None:
    cast = two_sessions()
    graph: Any = build_course(cast.deps, InMemorySaver())
    await graph.ainvoke(START, CONFIG, context=knobs_of(cast, **began))
    with pytest.raises(SettingsError) as error:
        await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=later)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=began)
    assert "I am tired." in str(cast.asked("counselor")[1])
    assert cast.asked("client") == []


async def test_a_region_that_is_corrected_is_taken() -> None:
    cast, knobs = a_person()
    graph: Any = build_course(cast.deps, InMemorySaver())
    await graph.ainvoke(START, CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume="I want to kill myself."), CONFIG, context={"region": "GB"})
    assert waiting(state)["card"]["lines"][0]["call"] == "999"


async def test_a_simulated_client_is_not_replaced_by_a_person() -> None:
    cast = two_sessions()
    graph: Any = build_course(cast.deps, InMemorySaver())
    await graph.ainvoke(START, CONFIG, context=knobs_of(cast), interrupt_after=["open"])
    with pytest.raises(SettingsError, match="began with 'simulator', and the context has 'human'"):
        await graph.ainvoke(None, CONFIG, context={"client": "human"})
    state = await graph.ainvoke(None, CONFIG)
    assert state["finished_reason"] == "max_sessions"


async def begun_by_an_older_version(deps: Deps, context: Any, patch: pytest.MonkeyPatch) -> Any:
    """Begin a course whose thread has not kept the knobs."""
    graph = build_course(deps, InMemorySaver())
    with patch.context() as patched:
        patched.setattr(opening, "keep", lambda knobs: {})
        await graph.ainvoke(START, CONFIG, context=context, interrupt_after=["open"])
    return graph


async def test_a_thread_of_an_older_version_asks_who_the_client_is(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, knobs = a_person()
    graph = await begun_by_an_older_version(cast.deps, knobs, monkeypatch)
    with pytest.raises(SettingsError, match="the context lacks it, and this thread was begun by an older"):
        await graph.ainvoke(None, CONFIG)
    state = await graph.ainvoke(None, CONFIG, context={"client": "human"})
    assert waiting(state)["counselor"] == SAID[0]


async def test_a_thread_of_an_older_version_goes_on_where_the_context_says_who_the_client_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = two_sessions()
    graph = await begun_by_an_older_version(cast.deps, knobs_of(cast), monkeypatch)
    state = await graph.ainvoke(None, CONFIG, context=knobs_of(cast))
    assert state["finished_reason"] == "max_sessions"
