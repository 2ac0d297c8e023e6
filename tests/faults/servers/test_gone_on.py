"""A role that can be done without never ends a case by what other calls may get past, however it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.cause import Cause
from psychagent.domain.role import DISPENSABLE
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Behave, Call, Http, serve
from tests.support.rolling import rollout_plan, seeded
from tests.support.running import always, case_dirs, count, load, manifest, run_once

ONE: dict[str, Any] = {
    "max_sessions": 1,
    "max_counselor_turns": 2,
    "retrieval": {"method": "lexical", "query": "rewrite"},
}
POLICY = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
PASSED_BY: dict[str, Http] = {
    "a filter": Http(status=400, body={"error": {"code": "content_filter", "message": POLICY}}),
    "a filter of 403": Http(status=403, body={"error": {"message": "Your input was flagged by moderation"}}),
    "a prompt too long": Http(status=400, body={"error": {"code": "context_length_exceeded"}}),
    "no choices": Http(body={"choices": []}),
    "no message": Http(body={"choices": [{"index": 0, "message": None, "finish_reason": "stop"}]}),
    "an empty stream": Http(body="data: [DONE]\n\n"),
    "a stream cut": Http(body='data: {"choices": [{"index": 0, "delta": {"content": "{"}}]}\n\n'),
    "a filter within": Http(body={"error": {"code": "content_filter", "message": POLICY}}),
    "broken off": Http(body={"choices": [{"message": {"content": "{"}, "finish_reason": "abort"}]}),
    "half an answer": Http(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{"),
}
ENDS: dict[str, tuple[Http, Cause | None]] = {
    "a wrong key": (Http(status=401, body={"error": {"message": "no such key"}}), Cause.KEY),
    "a wrong model": (Http(status=404, body={"error": {"message": "no such model"}}), Cause.NOT_THERE),
    "a field that it refuses": (Http(status=400, body={"error": {"message": "bad response_format"}}), None),
    "a server that fails": (Http(status=500, body="no"), Cause.DOWN),
}


@pytest.mark.parametrize("role", sorted(DISPENSABLE))
@pytest.mark.parametrize("answer", PASSED_BY.values(), ids=PASSED_BY)
async def test_a_case_goes_on_without_a_role_that_can_be_done_without(
    tmp_path: Path, answer: Http, role: str
) -> None:
    result, calls = await run_once(tmp_path, always(role, answer), **ONE)
    assert result.exit_status() == 0, result.outcomes
    assert count(calls, role) >= 1
    assert manifest(tmp_path)["totals"][role]["fallbacks"] >= 1
    assert len(load(case_dirs(tmp_path)[0] / "session_1.json")["transcript"]) == 4


@pytest.mark.parametrize("role", sorted(DISPENSABLE))
@pytest.mark.parametrize(("answer", "cause"), ENDS.values(), ids=ENDS)
async def test_what_would_fail_the_next_call_too_is_told_as_before(
    tmp_path: Path, answer: Http, cause: Cause | None, role: str
) -> None:
    result, _ = await run_once(tmp_path, always(role, answer), **ONE)
    failure = result.outcomes[0].failure
    assert failure is not None
    assert failure.cause is cause
    assert failure.message.startswith(f"{role}: ")


async def test_no_session_closes_for_a_role_that_can_be_done_without(tmp_path: Path) -> None:
    answer = PASSED_BY["a filter"]
    result, calls = await run_once(tmp_path, always("rewrite", answer), unanswerable="close", **ONE)
    assert result.exit_status() == 0
    assert count(calls, "counselor") == 2
    assert load(case_dirs(tmp_path)[0] / "session_1.json").get("closed_by") is None


@pytest.mark.parametrize("role", sorted(DISPENSABLE))
async def test_a_course_of_rollouts_goes_on_too(tmp_path: Path, role: str) -> None:
    refused = always(role, PASSED_BY["a filter"])

    def behave(call: Call, number: int) -> Http | None:
        return refused(call, number) or seeded(call, number)

    answering: Behave = behave
    with serve(answering) as server:
        result = await run_sample(rollout_plan(tmp_path, server.base_url, **ONE))
    assert result.exit_status() == 0, result.outcomes
    assert manifest(tmp_path)["totals"][role]["fallbacks"] >= 1
