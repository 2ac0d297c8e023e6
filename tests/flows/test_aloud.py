"""A served graph says on its `custom` stream what may be shown: words as they come, turns, cards."""

from __future__ import annotations

import json
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from psychagent.flows.aloud import aloud
from psychagent.flows.course import build_course
from tests.support.courses import ANSWERED, SAID, START, knobs_of, two_sessions
from tests.support.fakes import Cast, chosen_family, filed, spoken, summed_up
from tests.support.gate import gated

CONFIG: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 99}
END = "</end>"


async def heard(cast: Cast, given: Any = START, *, graph: Any = None, **knobs: Any) -> list[dict[str, Any]]:
    """Play a course and collect its custom stream, which is asked for alone."""
    graph = graph or aloud(build_course(cast.deps, InMemorySaver()), END)
    stream = graph.astream(
        given, CONFIG, context=knobs_of(cast, **knobs), stream_mode=["custom"], subgraphs=True, version="v2"
    )
    return [part["data"] async for part in stream]


def words(events: list[dict[str, Any]]) -> str:
    return "".join(event["text"] for event in events if event["event"] == "words")


async def test_words_come_in_pieces_and_add_up_to_the_turn_that_follows() -> None:
    events = await heard(two_sessions())
    said = [event for event in events if event["event"] == "said"]
    assert [event["text"] for event in said] == [
        text for pair in zip(SAID, ANSWERED, strict=True) for text in pair
    ]
    assert {event["session"] for event in said} == {1, 2}
    assert words(events) == "".join(SAID)
    assert sum(event["event"] == "words" for event in events) > 4


async def test_nothing_private_is_said_aloud() -> None:
    events = await heard(two_sessions())
    assert {event["event"] for event in events} == {"words", "said"}
    assert "think" not in json.dumps(events)


async def test_words_of_a_reply_that_is_asked_for_again_are_taken_back() -> None:
    replies = ["<think>x</think><response>Half a", spoken("Whole.", ends=True)]
    cast = Cast(
        {
            "filter": [chosen_family()],
            "counselor": replies,
            "client": ["Bye."],
            "summary": [summed_up("a", "intervention")],
            "client_file": [filed()],
        },
        max_retries=1,
        max_sessions=1,
    )
    events = await heard(cast)
    at = [event["event"] for event in events].index("unsaid")
    assert (words(events[:at]), words(events[at:])) == ("Half a", "Whole.")
    assert [event["text"] for event in events if event["event"] == "said"] == ["Whole.", "Bye."]


async def test_a_card_is_said_before_the_counselor_speaks() -> None:
    replies = {"filter": [chosen_family()], "counselor": [spoken("One."), spoken("Two.")]}
    cast = gated(replies, mode="watch")
    graph = aloud(build_course(cast.deps, InMemorySaver()), END)
    await heard(cast, graph=graph, client="human", region="US")
    danger: Command[Any] = Command(resume="I could end it.")
    events = await heard(cast, danger, graph=graph, client="human", region="US")
    kinds = [event["event"] for event in events]
    assert kinds[0] == "card"
    assert kinds[-1] == "said"
    assert [line["call"] for line in events[0]["card"]["lines"]][:1] == ["911"]


async def test_a_card_is_said_once_and_stays_with_every_question_of_the_session() -> None:
    own = [spoken(word) for word in ("One.", "Two.", "Three.", "Four.")]
    cast = gated({"filter": [chosen_family()], "counselor": own}, mode="watch")
    graph = aloud(build_course(cast.deps, InMemorySaver()), END)
    await heard(cast, graph=graph, client="human", region="US")
    cards, asked = [], []
    for text in ("I could end it.", "I could end it.", "Fine."):
        events = await heard(cast, Command(resume=text), graph=graph, client="human", region="US")
        cards.append(sum(event["event"] == "card" for event in events))
        state = await graph.aget_state(CONFIG)
        asked += ["card" in one.value for one in state.interrupts]
    assert cards == [1, 0, 0]
    assert asked == [True, True, True]


async def test_nothing_is_kept_of_turns_that_are_over() -> None:
    cast = two_sessions()
    graph = aloud(build_course(cast.deps, InMemorySaver()), END)
    await heard(cast, graph=graph)
    config: Any = graph.config
    (handler,) = config["callbacks"]
    assert vars(handler)["_turns"] == {}
