"""A server that misbehaves, seen through whole runs: retried within the budget, then kept to its case."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.cause import Cause
from psychagent.runs.events import CaseEnded
from psychagent.runs.outcome import Status
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Behave, Call, Http, chat_body, serve
from tests.support.running import (
    always,
    count,
    course_file,
    hearing,
    load,
    manifest,
    once,
    run_once,
    run_plan,
)

pytestmark = pytest.mark.slow

SHORT: dict[str, Any] = {"max_sessions": 1, "max_counselor_turns": 1}
ERROR = {"error": {"message": "sorry"}}
PASSING = {
    "429": Http(status=429, body=ERROR),
    "500": Http(status=500, body=ERROR),
    "503 in words": Http(status=503, body="<html>busy</html>"),
    "dropped": Http(drop=True),
    "timed out": Http(delay_sec=20),
    "no body": Http(body=""),
    "body cut off": Http(body='{"choices": [{'),
    "wrong shape": Http(body='["hello"]'),
    "choices null": Http(body=chat_body("x") | {"choices": None}),
    "choices empty": Http(body=chat_body("x") | {"choices": []}),
}


def one_case_only(answer: Http) -> Behave:
    """Misbehave whenever one of the clients, the first that speaks, is asked."""
    victims: list[str] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "client":
            return None
        head = call.body["messages"][0]["content"]
        victims.append(head)
        return answer if head == victims[0] else None

    return behave


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING)
async def test_a_passing_fault_is_retried_and_the_course_goes_on(tmp_path: Path, answer: Http) -> None:
    over = SHORT | ({"timeout_sec": 0.5} if answer.delay_sec else {})
    result, calls = await run_once(tmp_path, once("counselor", answer), **over)
    assert result.exit_status() == 0
    assert count(calls, "counselor") == 2
    assert manifest(tmp_path)["totals"]["counselor"]["retries"] == 1
    assert manifest(tmp_path)["totals"]["counselor"]["calls"] == 1, "only answers count as calls"


STAYING = PASSING | {"says nothing": Http(body=chat_body(""))}


@pytest.mark.parametrize("kind", STAYING)
async def test_a_fault_that_stays_fails_its_case_alone(tmp_path: Path, kind: str) -> None:
    over: dict[str, Any] = {"max_sessions": 1} | ({"timeout_sec": 0.5} if kind == "timed out" else {})
    result, calls = await run_once(tmp_path, one_case_only(STAYING[kind]), cases=3, **over)
    assert result.exit_status() == 1
    assert result.count() == {Status.FAILED: 1, Status.ENDED_BY_LIMIT: 2}
    failed = next(o for o in result.outcomes if o.status is Status.FAILED)
    assert failed.failure is not None
    assert failed.failure.error == ("ReplyError" if kind == "says nothing" else "ProviderError")
    assert failed.failure.message.startswith("client: gave up after 3 attempts; last problem: ")
    written = load(Path(failed.folder) / "course.json")
    assert written["failure"] == failed.failure.model_dump()
    assert written["status"] == "failed"
    assert not written["finished"]
    assert manifest(tmp_path)["cases"] == {"failed": 1, "finished by max_sessions": 2}
    # three attempts of the one that failed, two turns of each of the others
    assert count(calls, "client") == 3 + 2 * 2


async def test_faults_that_stay_cost_no_more_than_the_budget_and_bounded_time(tmp_path: Path) -> None:
    began = time.monotonic()
    result, calls = await run_once(tmp_path, lambda call, n: Http(status=500, body=ERROR), max_retries=3)
    assert result.exit_status() == 1
    assert len(calls) == 4
    assert time.monotonic() - began < 10


async def test_a_wrong_key_is_tried_once_and_never_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    key = "sk-very-secret-9876543210"

    def refuse(call: Call, number: int) -> Http:
        assert call.headers["authorization"] == f"Bearer {key}"
        return Http(status=401, body={"error": {"message": f"invalid key {key}"}})

    with serve(refuse) as server:
        plan = run_plan(tmp_path, server.base_url, cases=2, api_key_env="COUNSEL_KEY")
        plan.env["COUNSEL_KEY"] = key  # type: ignore[index]
        result = await run_sample(plan)
        assert len(server.calls) <= 2, "one try a case"
    assert result.exit_status() == 1
    at = f"{server.base_url}/chat/completions"
    assert result.stopped == f"filter: HTTP 401 invalid key *** ({at}); check the key"
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"COUNSEL_KEY" in held, "the manifest names the variable"
    assert key.encode() not in held
    assert key not in str(result)
    assert key not in "".join(capfd.readouterr())
    assert key not in caplog.text


async def test_a_refused_request_is_not_made_again(tmp_path: Path) -> None:
    refusal = Http(status=400, body={"error": {"message": "prompt is too long"}})
    result, calls = await run_once(tmp_path, always("counselor", refusal))
    assert count(calls, "counselor") == 1
    assert result.outcomes[0].failure is not None
    assert result.outcomes[0].failure.message.startswith("counselor: HTTP 400 prompt is too long; lower")
    assert result.outcomes[0].failure.cause is Cause.CONTEXT


async def test_the_wait_that_a_server_asks_for_is_kept(tmp_path: Path) -> None:
    answer = Http(status=429, body=ERROR, headers={"retry-after": "1"})
    result, calls = await run_once(tmp_path, once("filter", answer), max_wait_sec=5, **SHORT)
    assert result.exit_status() == 0
    first, second = (call.at for call in calls if call.role == "filter")
    assert 1.0 <= second - first < 2.0


async def test_a_server_that_asks_for_too_long_a_wait_fails_the_case_with_the_reason(tmp_path: Path) -> None:
    answer = Http(status=429, body=ERROR, headers={"retry-after": "3600"})
    result, calls = await run_once(tmp_path, once("filter", answer), max_wait_sec=5)
    assert len(calls) == 1
    assert course_file(tmp_path)["failure"]["message"] == (
        "filter: HTTP 429 sorry; the server asks to wait 60 minutes, more than max_wait_sec 5, so it is not "
        "asked again; try later, or raise max_wait_sec"
    )
    assert result.exit_status() == 1


@pytest.mark.parametrize("turns", [1, 3])
async def test_a_session_ends_after_so_many_counselor_turns(tmp_path: Path, turns: int) -> None:
    result, calls = await run_once(tmp_path, None, max_sessions=1, max_counselor_turns=turns)
    assert result.outcomes[0].turns == turns
    assert count(calls, "counselor") == turns
    assert count(calls, "client") == turns


async def test_a_case_that_waits_does_not_hold_up_the_others(tmp_path: Path) -> None:
    answer = Http(status=429, body=ERROR, headers={"retry-after": "2"})
    done: list[float] = []
    with serve(one_case_only(answer)) as server:
        plan = run_plan(tmp_path, server.base_url, cases=3, max_wait_sec=5, max_retries=1, max_sessions=1)
        result = await run_sample(hearing(plan, CaseEnded, lambda event: done.append(time.monotonic())))
    assert result.count() == {Status.FAILED: 1, Status.ENDED_BY_LIMIT: 2}
    assert done[2] - done[1] > 0.5, "the two others were done long before"


async def test_calls_at_a_time_are_bounded_over_all_cases(tmp_path: Path) -> None:
    with serve(delay_sec=0.03) as server:
        plan = run_plan(tmp_path, server.base_url, cases=6, max_sessions=1)
        machine = plan.runtime.machine.model_copy(update={"concurrency": 6, "max_parallel_calls": 2})
        runtime = plan.runtime.model_copy(update={"machine": machine})
        result = await run_sample(replace(plan, runtime=runtime))
        times = sorted(call.at for call in server.calls)
    assert result.exit_status() == 0
    # of three calls in a row the first has been answered before the third begins
    assert all(later - earlier > 0.02 for earlier, later in zip(times, times[2:], strict=False))


def test_two_runs_in_one_process_work_one_after_the_other(tmp_path: Path) -> None:
    with serve() as server:
        for name in ("a", "b"):
            result = asyncio.run(run_sample(run_plan(tmp_path / name, server.base_url, **SHORT)))
            assert result.exit_status() == 0
