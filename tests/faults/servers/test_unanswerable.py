"""A turn at which a filter takes offence, or which no longer fits: drawn again, closed there, or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.cause import Cause
from psychagent.runs.outcome import Status
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.running import case_dirs, count, load, manifest, run_once, run_plan

pytestmark = pytest.mark.slow

LIMITS: dict[str, Any] = {"max_sessions": 2, "max_counselor_turns": 4}
FILTER = Http(status=400, body={"error": {"message": "no", "code": "content_filter"}})
CONTEXT = Http(status=400, body={"error": {"message": "maximum context length is 4096 tokens"}})
CUT = Http(body=chat_body("") | {"choices": [{"message": {"content": "<thi"}, "finish_reason": "length"}]})
CAUSES = {"filtered": FILTER, "context": CONTEXT, "cut": CUT}


def nth(role: str, number: int, answer: Http) -> Any:
    """Answer so from the nth turn of a role's first session on, whatever the seed."""

    def behave(call: Call, _: int) -> Http | None:
        said = sum(message["role"] == "assistant" for message in call.body["messages"])
        return answer if call.role == role and said >= number else None

    return behave


async def test_what_a_filter_took_offence_at_is_drawn_again_with_another_seed(tmp_path: Path) -> None:
    seeds: list[int] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "counselor":
            return None
        seeds.append(call.body["seed"])
        return FILTER if len(seeds) in {2, 3} else None

    result, calls = await run_once(tmp_path, behave, max_sessions=1)
    assert result.exit_status() == 0
    assert len(set(seeds[1:4])) == 3
    asked = [call.body["messages"] for call in calls if call.role == "counselor"]
    assert asked[1] == asked[2] == asked[3]


@pytest.mark.parametrize("redraw", [True, False])
async def test_a_filter_that_stays_fails_the_case_with_its_own_cause(tmp_path: Path, redraw: bool) -> None:
    result, calls = await run_once(tmp_path, nth("counselor", 1, FILTER), redraw=redraw, **LIMITS)
    failure = result.outcomes[0].failure
    assert failure is not None
    assert failure.cause is Cause.FILTERED
    assert load(case_dirs(tmp_path)[0] / "course.json")["failure"]["cause"] == "filtered"
    assert count(calls, "counselor") == (1 + 3 if redraw else 1 + 1)


@pytest.mark.parametrize("role", ["counselor", "client"])
@pytest.mark.parametrize("cause", CAUSES)
async def test_a_session_closes_where_a_turn_cannot_be_answered_if_the_settings_say_so(
    tmp_path: Path, cause: str, role: str
) -> None:
    answer = CAUSES[cause]
    with serve(nth(role, 2, answer)) as server:
        plan = run_plan(tmp_path, server.base_url, unanswerable="close", **LIMITS)
        result = await run_sample(plan)
        assert result.exit_status() == 0
        assert result.count() == {Status.ENDED_BY_LIMIT: 1}
        sessions = [load(case_dirs(tmp_path)[0] / f"session_{number}.json") for number in (1, 2)]
        answered = sum(count(server.calls, name) for name in {call.role for call in server.calls})
    for session in sessions:
        spoken = [line["role"] for line in session["transcript"]]
        words = ["assistant", "user"] * 4
        said = 4 if role == "counselor" else 5
        if role == "client" and cause == "cut":
            # half a word is one, where nothing says that the reply was cut
            continue
        assert session["closed_by"] == cause
        assert spoken == words[:said]
        assert session["summary"]
    calls = sum(part["calls"] for part in manifest(tmp_path)["totals"].values())
    refused = 0 if cause == "cut" else 2 * (3 if cause == "filtered" else 1)
    assert calls == answered - refused


async def test_a_first_word_that_cannot_be_said_closes_nothing(tmp_path: Path) -> None:
    result, _ = await run_once(tmp_path, nth("counselor", 0, CONTEXT), unanswerable="close", **LIMITS)
    assert result.count() == {Status.FAILED: 1}


async def test_a_reply_is_asked_for_as_long_as_fits(tmp_path: Path) -> None:
    words = "maximum context length is 4096 tokens and your request has 3500 input tokens"

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "counselor" or call.body["max_tokens"] <= 596:
            return None
        return Http(status=400, body={"error": {"message": words}})

    result, calls = await run_once(tmp_path, behave, max_sessions=1)
    assert result.exit_status() == 0
    assert [c.body["max_tokens"] for c in calls if c.role == "counselor"] == [1024, 596] * 2
    assert manifest(tmp_path)["totals"]["counselor"]["calls"] == 2
    # what is written after a session is longer than a turn
    assert {c.body["max_tokens"] for c in calls if c.role in {"summary", "client_file"}} == {4096}
