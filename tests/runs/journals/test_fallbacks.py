"""A session that went on without an answer goes on without it when it is resumed: nobody is asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.runs.outcome import Status
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.running import manifest, repeats, run_plan


@pytest.mark.parametrize("role", ["filter", "rewrite", "recall"])
async def test_a_fallback_is_taken_from_the_journal(tmp_path: Path, role: str) -> None:
    """The summary at the session's end is refused, and the same command goes on."""
    refused = ["summary"]

    def behave(call: Call, number: int) -> Http | None:
        if call.role in refused:
            return Http(status=400, body="no")
        return Http(body=chat_body("")) if call.role == role else None

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url, max_sessions=1)
        first = await run_sample(plan)
        assert [outcome.status for outcome in first.outcomes] == [Status.FAILED]
        tries = server.count(role)
        assert tries == plan.baseline.counselor.max_retries + 1
        refused.clear()
        second = await run_sample(plan)
        assert second.exit_status() == 0
        assert server.count(role) == tries, "not asked again"
        assert repeats(server.calls).keys() <= {"summary", role}
    used = manifest(tmp_path)["totals"][role]
    assert (used["calls"], used["fallbacks"]) == (tries, 1)
