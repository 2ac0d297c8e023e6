"""What no case is to blame for: a server that is down is waited for, a closed account ends the run."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.cause import Cause
from psychagent.llm.fault import Fault
from psychagent.llm.servers import outage
from psychagent.llm.servers.outage import Outages
from psychagent.runs.events import Noticed
from psychagent.runs.outcome import Status
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Behave, Call, Http, chat_body, serve
from tests.support.rolling import rollout_plan
from tests.support.running import always, case_dirs, hearing, load, manifest, run_plan

pytestmark = pytest.mark.slow

SHORT: dict[str, Any] = {"max_sessions": 1, "max_counselor_turns": 1}
DOWN = Http(status=503, body="loading")
WAYS_TO_BE_DOWN = {
    "503": DOWN,
    "500": Http(status=500, body="CUDA error"),
    "429": Http(status=429, body="rate limit reached"),
    "429 for a while": Http(status=429, body="slow down", headers={"retry-after": "0.2"}),
    "dropped": Http(drop=True),
}


def down_until(start: int, end: int, how: Http = DOWN) -> Behave:
    """Be down from one call to another."""
    return lambda call, number: how if start <= number < end else None


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_LOOK_SEC", "LONGEST_LOOK_SEC", "LISTEN_SEC"):
        monkeypatch.setattr(outage, name, 0.05)


@pytest.mark.parametrize("start", [0, 3, 9, 20])
async def test_an_outage_fails_no_case_and_is_told_once(tmp_path: Path, start: int) -> None:
    told: list[str] = []
    with serve(down_until(start, start + 40)) as server:
        plan = run_plan(tmp_path, server.base_url, cases=6, max_outage_sec=30, **SHORT)
        result = await run_sample(hearing(plan, Noticed, lambda event: told.append(event.sentence)))
    assert result.count() == {Status.ENDED_BY_LIMIT: 6}
    assert result.exit_status() == 0
    assert "does not answer; waiting for up to 30 s (HTTP 503 loading)" in told[0]
    assert "answers again" in told[1]
    assert len(told) <= 4
    totals = manifest(tmp_path)["totals"]
    assert sum(part["calls"] for part in totals.values()) == len(server.calls) - 40


@pytest.mark.parametrize("how", WAYS_TO_BE_DOWN)
async def test_whatever_way_a_server_is_down_nobody_fails(tmp_path: Path, how: str) -> None:
    with serve(down_until(5, 25, WAYS_TO_BE_DOWN[how])) as server:
        plan = run_plan(tmp_path, server.base_url, cases=4, max_outage_sec=30, max_wait_sec=0.1, **SHORT)
        result = await run_sample(plan)
    assert result.count() == {Status.ENDED_BY_LIMIT: 4}


async def test_a_server_that_asks_for_more_than_is_waited_stops_the_run_at_once(tmp_path: Path) -> None:
    answer = Http(status=429, body="come back later", headers={"retry-after": "7200"})
    with serve(down_until(5, 10_000, answer)) as server:
        plan = run_plan(tmp_path, server.base_url, cases=6, max_outage_sec=60, **SHORT)
        result = await asyncio.wait_for(run_sample(plan), 30)
        assert "the server asks to wait 2 hours, more than max_outage_sec 60" in result.stopped
        assert Status.FAILED not in result.count()
        server.behave = None
        assert (await run_sample(plan)).exit_status() == 0


async def test_an_outage_that_lasts_stops_the_run_and_burns_no_case(tmp_path: Path) -> None:
    with serve(down_until(7, 10_000)) as server:
        plan = run_plan(tmp_path, server.base_url, cases=6, max_outage_sec=0.3, **SHORT)
        result = await run_sample(plan)
        assert result.exit_status() == 1
        assert result.count() == {Status.PARTIAL: len(result.outcomes)}
        assert "waited for the server as long as max_outage_sec 0.3" in result.stopped
        reasons = {o.failure.cause for o in result.outcomes if o.failure}
        assert reasons == {Cause.OUTAGE}
        answered = 7
        server.behave = None
        made = len(server.calls)
        again = await run_sample(plan)
    assert again.exit_status() == 0
    assert again.count() == {Status.ENDED_BY_LIMIT: 6}
    assert manifest(tmp_path)["cases"] == {"finished by max_sessions": 6}
    calls = sum(part["calls"] for part in manifest(tmp_path)["totals"].values())
    assert calls == answered + len(server.calls) - made, "nothing is asked twice, and all of it is counted"


async def test_a_request_that_a_server_stumbles_over_is_no_outage(tmp_path: Path) -> None:
    victims: list[str] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "client":
            return None
        head = call.body["messages"][0]["content"]
        victims.append(head)
        return DOWN if head == victims[0] else None

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url, cases=4, max_outage_sec=60, max_sessions=1)
        result = await asyncio.wait_for(run_sample(plan), 30)
    assert result.count() == {Status.FAILED: 1, Status.ENDED_BY_LIMIT: 3}
    failed = next(o.failure for o in result.outcomes if o.failure)
    assert failed.cause is Cause.DOWN
    assert result.stopped == ""


ENDING = {
    "a wrong key": (Http(status=401, body="no"), Cause.KEY),
    "a closed door": (Http(status=403, body="forbidden"), Cause.KEY),
    "no such model": (Http(status=404, body={"error": "model 'm' not found"}), Cause.NOT_THERE),
    "an empty account": (Http(status=402, body="Insufficient Balance"), Cause.QUOTA),
    "a used up quota": (
        Http(status=429, body={"error": {"message": "no", "code": "insufficient_quota"}}),
        Cause.QUOTA,
    ),
}


@pytest.mark.parametrize("role", ["counselor", "client", "rewrite", "filter", "summary", "client_file"])
@pytest.mark.parametrize("kind", ENDING)
async def test_what_no_case_could_get_past_ends_the_run_and_resume_mends_it(
    tmp_path: Path, kind: str, role: str
) -> None:
    answer, cause = ENDING[kind]
    limits = {"max_sessions": 1, "retrieval": {"method": "lexical", "query": "rewrite"}}
    with serve(always(role, answer)) as server:
        plan = run_plan(tmp_path, server.base_url, cases=6, **limits)
        result = await run_sample(plan)
        assert result.exit_status() == 1
        assert Status.FAILED not in result.count()
        assert result.stopped.startswith(f"{role}: HTTP {answer.status}")
        # the cases that were under way at the time, once each
        assert 1 <= server.count(role) <= plan.runtime.machine.concurrency
        failures = [o.failure for o in result.outcomes if o.failure]
        assert {failure.cause for failure in failures} == {cause}
        stored = [load(place / "course.json")["failure"] for place in case_dirs(tmp_path)]
        assert [f["cause"] for f in stored if f] == [cause.value] * len(failures)
        refused = server.count(role)
        server.behave = None
        assert (await run_sample(plan)).exit_status() == 0
    calls = sum(part["calls"] for part in manifest(tmp_path)["totals"].values())
    assert calls == len(server.calls) - refused


@pytest.mark.parametrize("role", ["counselor", "judge"])
async def test_it_decides_no_choice_between_rollouts(tmp_path: Path, role: str) -> None:
    with serve() as server:
        plan = rollout_plan(tmp_path, server.base_url)
        server.behave = always(role, ENDING["a used up quota"][0])
        result = await run_sample(plan)
        assert result.exit_status() == 1
        assert result.stopped.startswith(f"{role}: HTTP 429")
        assert Status.FAILED not in result.count()
        server.behave = None
        assert (await run_sample(plan)).exit_status() == 0
    texts = [path.read_text() for path in tmp_path.rglob("session_*.json")]
    assert texts
    candidates = [c for text in texts for c in json.loads(text)["rollout_data"]["rollout_candidates"]]
    assert candidates
    assert not any(candidate.get("failure") for candidate in candidates)


async def test_a_fault_of_another_kind_is_not_waited_for() -> None:
    outages, fault = Outages(most_sec=60), Fault("HTTP 500", passes=True)

    async def attempt() -> str:
        raise AssertionError("is not asked again")

    with pytest.raises(Fault, match="HTTP 500"):
        await outages.outlast("http://x", fault, attempt)


async def test_one_caller_looks_and_the_others_hear_of_it() -> None:
    outages, fault = Outages(most_sec=60), Fault("HTTP 503", passes=True, cause=Cause.DOWN)
    asked: list[str] = []

    async def ask(name: str) -> str:
        asked.append(name)
        if len(asked) < 4:
            raise fault
        outages.answered("http://x")
        return name

    names = ["a", "b", "c"]
    got = await asyncio.gather(*(outages.outlast("http://x", fault, lambda n=n: ask(n)) for n in names))  # type: ignore[misc]
    assert got == names
    assert asked[:4] == ["a"] * 4
    assert sorted(asked[4:]) == ["b", "c"]


async def test_a_stop_ends_the_wait() -> None:
    async def stopped(seconds: float) -> None:
        raise InterruptedError("asked to stop")

    outages, fault = Outages(60, stopped), Fault("HTTP 503", passes=True, cause=Cause.DOWN)
    with pytest.raises(InterruptedError):
        await outages.outlast("http://x", fault, lambda: asyncio.sleep(0, chat_body("")))


async def test_a_gateway_that_lost_one_model_of_two_is_waited_for(tmp_path: Path) -> None:
    lost = {"left": 30}

    def behave(call: Call, number: int) -> Http | None:
        if call.body["model"] != "second" or lost["left"] == 0:
            return None
        lost["left"] -= 1
        return DOWN

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url, cases=4, max_outage_sec=30, **SHORT)
        world = plan.runtime.world
        client = world.client.model_copy(update={"model": "second"})
        runtime = plan.runtime.model_copy(update={"world": world.model_copy(update={"client": client})})
        result = await run_sample(replace(plan, runtime=runtime))
    assert lost["left"] == 0
    assert result.count() == {Status.ENDED_BY_LIMIT: 4}


async def test_an_embeddings_endpoint_that_is_down_is_waited_for_too(tmp_path: Path) -> None:
    downs = {"left": 30}

    def behave(call: Call, number: int) -> Http | None:
        if not call.path.endswith("/embeddings") or downs["left"] == 0:
            return None
        downs["left"] -= 1
        return DOWN

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url, cases=4, max_outage_sec=30, **SHORT)
        machine = plan.runtime.machine.model_copy(update={"cache_dir": tmp_path / "cache"})
        plan = replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))
        embedding = {"provider": "openai", "model": "m", "base_url": server.base_url, "max_retries": 1}
        dense = {
            "embedding": plan.baseline.embedding.model_validate(embedding),
            "retrieval": plan.baseline.retrieval.model_copy(update={"method": "embed"}),
        }
        result = await run_sample(replace(plan, baseline=plan.baseline.model_copy(update=dense)))
    assert downs["left"] == 0
    assert result.count() == {Status.ENDED_BY_LIMIT: 4}
