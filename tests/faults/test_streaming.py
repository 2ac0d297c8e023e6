"""A person who watches a server's words come in hears the visible ones, whatever goes wrong on the way."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import ProviderError
from psychagent.flows.build import build_deps
from psychagent.flows.events import Event, Said, Words
from psychagent.flows.live import open_live
from psychagent.flows.play import stream_course
from tests.support.loopback.server import Behave, Call, Http, chat_body, serve
from tests.support.running import always, settings_at

GOOD = chat_body("<think><strategy>ZEBRA</strategy></think><response>How are you, really?</response></end>")
MOVED = chat_body("<response>How are you, really?</response></end>", reasoning="ZEBRA")
OPENED = chat_body("ZEBRA, she seems low</think><response>How are you, really?</response></end>")


async def watch(behave: Behave) -> tuple[list[Event], list[Call]]:
    """Watch a course of one session."""
    with serve(behave) as server:
        baseline, runtime = settings_at(server.base_url, max_sessions=1)
        async with open_live({}) as live:
            deps = build_deps(baseline, runtime, live)
            events = [event async for event in stream_course(deps, words=True)]
        return events, list(server.calls)


def heard(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Words))


def said(events: list[Event]) -> list[str]:
    return [e.turn.text for e in events if isinstance(e, Said) and e.turn.speaker is Speaker.COUNSELOR]


@pytest.mark.parametrize("body", [GOOD, MOVED, OPENED], ids=["in the content", "moved", "opened by template"])
async def test_words_come_without_thoughts_wherever_a_server_puts_them(body: dict[str, object]) -> None:
    events, calls = await watch(always("counselor", Http(body=body)))
    assert [call.body["stream"] for call in calls if call.role == "counselor"] == [True]
    assert heard(events) == "How are you, really?"
    assert said(events) == ["How are you, really?"]
    assert "ZEBRA" not in heard(events)


FIRST = {
    "refused": Http(status=500, body="no"),
    "dropped": Http(drop=True),
    "empty": Http(body="data: [DONE]\n\n"),
    "broken": Http(body="data: {oops\n\n"),
    "thoughts not closed": Http(body=chat_body("<think>ZEBRA and <response>draft")),
    "response not closed": Http(body=chat_body("<think>ZEBRA</think><response>Hello")),
    "private inside": Http(body=chat_body("<response>Hello <strategy>ZEBRA</strategy></response>")),
}


@pytest.mark.parametrize("second", [GOOD, OPENED], ids=["closed", "opened by template"])
@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
async def test_an_attempt_that_fails_opens_no_door_to_the_thoughts_of_the_next(
    first: Http, second: dict[str, object]
) -> None:
    answers = iter([first])

    def behave(call: Call, number: int) -> Http | None:
        return next(answers, Http(body=second)) if call.role == "counselor" else None

    events, calls = await watch(behave)
    assert sum(call.role == "counselor" for call in calls) == 2
    assert said(events) == ["How are you, really?"]
    assert heard(events).endswith("How are you, really?")
    assert "ZEBRA" not in heard(events)
    assert "she seems low" not in heard(events)


async def test_a_course_that_cannot_go_on_says_why_to_who_watches() -> None:
    with pytest.raises(ProviderError, match="counselor: gave up after 3 attempts; last problem: HTTP 500"):
        await watch(always("counselor", Http(status=500, body="no")))
