"""A course is run and watched from Python: events in order, words as they come."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.flows.events import CourseEnded, Event, Said, SessionClosed, SessionOpened, Words
from psychagent.flows.play import run_course, stream_course
from tests.support.courses import ANSWERED, SAID, two_sessions
from tests.support.fakes import Cast, case_of, chosen_family, filed, spoken, summed_up


async def watch(cast: Cast, *, words: bool = False) -> list[Event]:
    """Collect a course's events."""
    events = stream_course(cast.deps, case_of(), knobs=cast.knobs, words=words)
    return [event async for event in events]


def kinds(events: Sequence[Event]) -> list[str]:
    """Name the events."""
    return [type(event).__name__ for event in events]


async def test_events_come_in_the_order_of_a_course() -> None:
    events = await watch(two_sessions())
    session = ["SessionOpened", "Said", "Said", "Said", "Said", "SessionClosed"]
    assert kinds(events) == [*session, *session, "CourseEnded"]
    assert [e.session_index for e in events if isinstance(e, SessionOpened)] == [1, 2]
    assert [e.reason for e in events if isinstance(e, CourseEnded)] == ["max_sessions"]


async def test_what_is_said_is_told_turn_by_turn() -> None:
    said = [e.turn.text for e in await watch(two_sessions()) if isinstance(e, Said)]
    assert said == [text for pair in zip(SAID, ANSWERED, strict=True) for text in pair]


async def test_a_course_returns_its_sessions() -> None:
    cast = two_sessions()
    sessions = await run_course(cast.deps, case_of(), knobs=cast.knobs)
    assert [s.session_index for s in sessions] == [1, 2]
    closed = [e.session for e in await watch(two_sessions()) if isinstance(e, SessionClosed)]
    assert closed == sessions


async def test_words_come_before_their_turn_and_add_up_to_it() -> None:
    events, heard, pieces = await watch(two_sessions(), words=True), "", 0
    for event in events:
        if isinstance(event, Words):
            heard += event.text
            pieces += 1
        elif isinstance(event, Said) and event.turn.speaker.value == "counselor":
            assert heard == event.turn.text
            heard = ""
    assert pieces > 4, "words should come in pieces"


async def test_no_private_reasoning_and_no_clients_words_are_streamed() -> None:
    events = await watch(two_sessions(), words=True)
    streamed = "".join(e.text for e in events if isinstance(e, Words))
    assert streamed == "".join(SAID)


async def test_words_of_a_reply_that_is_asked_for_again_are_followed_by_the_whole_turn() -> None:
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
    events = await watch(cast, words=True)
    assert [e.turn.text for e in events if isinstance(e, Said)] == ["Whole.", "Bye."]
    assert kinds(events).count("Unsaid") == 1
    taken_back = kinds(events).index("Unsaid")
    words = [e.text if isinstance(e, Words) else "" for e in events]
    assert ("".join(words[:taken_back]), "".join(words[taken_back:])) == ("Half a", "Whole.")


async def test_no_words_are_taken_back_where_none_were_shown() -> None:
    events = await watch(two_sessions(), words=True)
    assert "Unsaid" not in kinds(events)


async def test_without_a_case_the_knobs_profile_is_taken() -> None:
    cast = two_sessions()
    sessions = await run_course(cast.deps, knobs=cast.knobs)
    assert len(sessions) == 2
    assert case_of().profile.basic_info.main_problem in cast.asked("client")[0][0]["content"]
