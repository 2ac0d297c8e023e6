"""Every status of HTTP from 300, through a real server: retried, failing its case, or stopping the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from psychagent.evals.evaluate import run_eval
from psychagent.llm.fault import Fault
from psychagent.llm.servers.statuses import Fate, verdict_of
from psychagent.runs.outcome import RunResult, Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.endpoint_models import WAYS, model_at_server, model_at_url
from tests.support.eval_runs import eval_plan, eval_settings_at, make_run
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, LoopbackServer, serve
from tests.support.rolling import rollout_plan
from tests.support.running import FAST, run_plan

STOPS = {
    *range(300, 400),
    *(
        401,
        402,
        403,
        404,
        405,
        406,
        407,
        410,
        411,
        412,
        414,
        415,
        416,
        417,
        421,
        426,
        428,
        431,
        451,
        501,
        505,
    ),
}
"""No other request could fare better: the same is answered to each of them until a person mends something."""
PASSES = {408, 409, 425, 429, 499, *range(500, 600)} - STOPS
"""The next attempt may fare better."""
ROLES = ("filter", "rewrite", "counselor", "client", "risk", "summary", "client_file", "recall")
MOST_TOLD = (302, 405, 407, 410, 415, 451)


def test_every_status_has_one_verdict_with_its_reason() -> None:
    for status in range(300, 1000):
        verdict = verdict_of(status)
        assert verdict.reason
        assert (verdict.fate is Fate.RUN) == (verdict.cause is not None and verdict.cause.ends_run), status


@pytest.mark.parametrize("way", WAYS)
async def test_each_status_is_retried_fails_its_case_or_stops_the_run(way: str) -> None:
    problems: dict[int, str] = {}
    statuses = range(300, 600)
    with serve() as elsewhere:
        moved = {"location": f"{elsewhere.base_url}/chat/completions"}
        # 304 alone has no body
        said = {n: "sorry" if n != 304 else "" for n in statuses}
        answers = {n: Http(n, said[n], headers=moved if n < 400 else {}) for n in statuses}
        with serve(lambda call, number: answers[statuses[number]]) as server:
            async with model_at_server(server) as model:
                for status in statuses:
                    with pytest.raises(Fault, match=rf"^HTTP {status}\b") as caught:
                        await WAYS[way](model)
                    fault = caught.value
                    stops = fault.cause is not None and fault.cause.ends_run
                    named = f"({server.base_url}/chat/completions)" in str(fault) and "; " in str(fault)
                    if (fault.passes, stops, named) != (status in PASSES, status in STOPS, status in STOPS):
                        problems[status] = f"passes {fault.passes}, stops {stops}: {fault}"
        assert problems == {}
        assert not elsewhere.calls, "nothing is sent where a redirect points"


def plan_of(server: LoopbackServer, folder: Path, role: str) -> SamplePlan:
    """Plan a run in which each role is asked, a case after the other."""
    gate = FAST | {"base_url": server.base_url, "model": "loopback"}
    given = {"max_sessions": 1, "retrieval": {"method": "lexical", "query": "rewrite"}}
    if role == "risk":
        given |= {"safety": {"endpoint": gate, "classifier": "always"}}
    plan = run_plan(folder, server.base_url, cases=3, max_outage_sec=600, **given)
    return one_at_a_time(plan)


def one_at_a_time(plan: SamplePlan) -> SamplePlan:
    machine = plan.runtime.machine.model_copy(update={"concurrency": 1})
    return replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))


def why_not_stopped(result: RunResult, role: str, status: int, server: LoopbackServer) -> str:
    """Say what is wrong with a run that should have stopped at once; empty if nothing is."""
    told = f"{role}: HTTP {status} no ({server.base_url}/chat/completions); "
    if not result.stopped.startswith(told):
        return f"stopped: {result.stopped!r}"
    if result.count() != {Status.PARTIAL: 1}:
        return f"ended: {result.count()}"
    return "" if result.exit_status() == 1 else f"exit status {result.exit_status()}"


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
async def test_a_run_stops_at_once_whatever_role_is_refused(role: str, tmp_path: Path) -> None:
    problems: dict[int, str] = {}
    now = {"status": 0}

    def behave(call: Call, number: int) -> Http | None:
        return Http(status=now["status"], body="no") if call.role == role else None

    with serve(behave) as server:
        for status in MOST_TOLD:
            now["status"], before = status, server.count(role)
            result = await run_sample(plan_of(server, tmp_path / str(status), role))
            problem = why_not_stopped(result, role, status, server)
            if problem or server.count(role) != before + 1:
                problems[status] = problem or f"asked {server.count(role) - before} times"
    assert problems == {}


@pytest.mark.slow
async def test_a_run_stops_at_once_where_its_judge_is_refused(tmp_path: Path) -> None:
    problems: dict[int, str] = {}
    now = {"status": 0}

    def behave(call: Call, number: int) -> Http | None:
        return Http(status=now["status"], body="no") if call.role == "judge" else None

    with serve(behave) as server:
        data = make_run(tmp_path, "en01", "en02")
        for status in MOST_TOLD:
            now["status"], before = status, server.count("judge")
            plan = one_at_a_time(rollout_plan(tmp_path / str(status), server.base_url, cases=2))
            problem = why_not_stopped(await run_sample(plan), "judge", status, server)
            # two rollouts with two scales each are judged side by side, once
            if problem or server.count("judge") > before + 4:
                problems[status] = problem or f"asked {server.count('judge') - before} times"
            judged = eval_plan(data, tmp_path / f"out{status}", settings=eval_settings_at(server))
            result = await run_eval(judged)
            if not result.stopped.startswith(f"judge: HTTP {status} no ({server.base_url}") or (
                result.exit_status() != 1
            ):
                problems[status] = f"eval: {result.stopped!r}, {result.exit_status()}"
    assert problems == {}


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 422, 418])
async def test_a_request_that_is_refused_for_itself_fails_its_case_alone(status: int, tmp_path: Path) -> None:
    refused: list[int] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "client" and not refused:
            refused.append(number)
            return Http(status=status, body="no")
        return loopback_reply(call, number)

    with serve(behave) as server:
        result = await run_sample(plan_of(server, tmp_path, "client"))
    assert result.count() == {Status.FAILED: 1, Status.ENDED_BY_LIMIT: 2}
    assert result.exit_status() == 1


@pytest.mark.parametrize(("status", "stops"), [(407, True), (403, True), (502, False)])
async def test_a_proxy_that_opens_no_tunnel_stops_the_run_or_is_asked_again(status: int, stops: bool) -> None:
    with serve(lambda call, number: Http(status=status)) as proxy:
        env = {"HTTPS_PROXY": proxy.base_url.removesuffix("/v1")}
        async with model_at_url("https://127.0.0.1:9/v1", None, {}, env) as model:
            with pytest.raises(Fault, match=f"HTTP {status} from the proxy") as caught:
                await WAYS["directly"](model)
    cause = caught.value.cause
    assert caught.value.passes is not stops
    assert cause is not None
    assert cause.ends_run is stops
    assert ("; write user and password into the address of the proxy" in str(caught.value)) is (status == 407)
