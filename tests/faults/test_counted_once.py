"""What calls cost is counted once: stored replies, calls that fail for good, stops and kills in between."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from psychagent.llm import endpoint
from psychagent.llm.reply import Reply
from psychagent.llm.servers.completion import read_completion
from psychagent.runs.events import CallAnswered
from psychagent.runs.outcome import Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.children import finish, psychagent, wait_for
from tests.support.journaled import journals_in, kept_calls
from tests.support.loopback.replies import reply_to
from tests.support.loopback.server import Call, Http, LoopbackServer, chat_body, serve
from tests.support.rolling import rollout_plan, seeded
from tests.support.running import (
    NAME,
    always,
    calls_of,
    course_file,
    hearing,
    keys,
    manifest,
    repeats,
    run_plan,
    write_yaml,
)

pytestmark = pytest.mark.slow

EMPTY = Http(body=chat_body(""))
"""An answer that no role can use."""


def total(save_dir: Path) -> int:
    return sum(calls_of(manifest(save_dir)["totals"]).values())


def counting(plan: SamplePlan, into: list[int]) -> SamplePlan:
    return hearing(plan, CallAnswered, lambda event: into.append(event.usage.total().calls))


@pytest.mark.parametrize("role", ["counselor", "client", "summary"])
async def test_a_call_that_failed_for_good_is_asked_anew_and_no_other(tmp_path: Path, role: str) -> None:
    progress: list[int] = []
    over: dict[str, Any] = {"retrieval": {"method": "lexical", "query": "rewrite"}}
    with serve(always(role, EMPTY)) as server:
        plan = counting(run_plan(tmp_path, server.base_url, **over), progress)
        for tries in (1, 2):
            assert (await run_sample(plan)).exit_status() == 1
            course = course_file(tmp_path)
            assert course["failed_usage"]["roles"][role]["calls"] == 3 * tries
            assert total(tmp_path) == server.count() == sum(progress)
        others = [call for call in server.calls if call.role not in {role, "client_file"}]
        assert not repeats(others)
        server.behave = None
        failed, made = server.count(role), len(server.calls)
        first = next(call for call in server.calls if call.role == role)
        assert (await run_sample(plan)).exit_status() == 0
        anew = next(call for call in server.calls[made:] if call.role == role)
        assert keys([anew]) == keys([first]), "without the earlier replies and what was wrong with them"
    assert total(tmp_path) == server.count() == sum(progress)
    assert course_file(tmp_path)["failed_usage"]["roles"][role]["calls"] == failed
    assert journals_in(tmp_path / NAME) == []


async def test_both_calls_of_a_reflection_that_failed_are_asked_anew(tmp_path: Path) -> None:
    def behave(call: Call, number: int) -> Http | None:
        return EMPTY if call.role in {"summary", "client_file"} else None

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url)
        for _ in range(3):
            made = len(server.calls)
            assert (await run_sample(plan)).exit_status() == 1
            assert len(server.calls) > made, "a run that asks nothing cannot find out that all is well again"
        server.behave = None
        assert (await run_sample(plan)).exit_status() == 0
        assert server.count("counselor") == 4
        assert total(tmp_path) == server.count()


async def test_a_call_beside_one_that_fails_comes_in_and_is_kept(tmp_path: Path) -> None:
    """The summary is refused at once, while the client file takes its time."""

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "summary":
            return Http(status=400, body="no")
        if call.role != "client_file":
            return None
        return Http(body=chat_body(reply_to(call.role, call.body)), delay_sec=0.4)

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url, max_sessions=1)
        result = await run_sample(plan)
        assert result.count() == {Status.FAILED: 1}
        assert total(tmp_path) == server.count() - 1, "a refusal is no answer"
        server.behave = None
        assert (await run_sample(plan)).exit_status() == 0
        assert server.count("client_file") == 1
        assert total(tmp_path) == server.count() - 1


async def test_a_malformed_reply_before_a_kill_is_told_to_the_model_again_and_paid_once(
    tmp_path: Path,
) -> None:
    save_dir = tmp_path / "runs"
    progress: list[int] = []
    seen: list[Call] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "client":
            return None
        seen.append(call)
        return EMPTY if len(seen) == 1 else Http(delay_sec=60)

    with serve(behave) as server:
        plan = run_plan(save_dir, server.base_url)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(seen) == 2, process)
            process.kill()
            finish(process)
        kept = kept_calls(save_dir / NAME)
        server.behave = None
        made = len(server.calls)
        result = await run_sample(counting(plan, progress))
        assert result.exit_status() == 0
        assert server.calls[made].role == "client"
        assert keys([server.calls[made]]) == keys([seen[1]]), "the retry, not the first attempt"
        unique = len(set(keys(server.calls)))
        assert total(save_dir) == unique == kept + sum(progress)
        assert repeats(server.calls) == {"client": 1}
        roles = manifest(save_dir)["totals"]
        assert roles["client"]["retries"] == 1


async def test_attempts_without_an_answer_before_a_kill_are_counted_with_those_after_it(
    tmp_path: Path,
) -> None:
    save_dir, seen = tmp_path / "runs", list[Call]()

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "client":
            return None
        seen.append(call)
        return Http(delay_sec=60) if len(seen) in {3, 5} else Http(status=503)

    with serve(behave) as server:
        plan = run_plan(save_dir, server.base_url, max_sessions=1)
        for until in (3, 5):
            with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
                assert wait_for(lambda until=until: len(seen) == until, process)  # type: ignore[misc]
                process.kill()
                finish(process)
        server.behave = None
        assert (await run_sample(plan)).exit_status() == 0
        asked = server.count("client")
    told = manifest(save_dir)["totals"]["client"]
    # three refusals; what the two kills cut off was neither answered nor refused
    assert (told["calls"], told["retries"]) == (asked - 5, 3)


async def test_a_rollout_that_failed_for_good_is_counted_while_its_session_is_open(tmp_path: Path) -> None:
    with serve() as server:
        server.behave = lambda call, n: EMPTY if call.role == "client" else seeded(call, n)
        plan = rollout_plan(tmp_path, server.base_url, rft={"rollout_retries": 0})
        for _ in range(2):
            assert (await run_sample(plan)).exit_status() == 1
            assert total(tmp_path) == server.count()
        server.behave = seeded
        assert (await run_sample(plan)).exit_status() == 0
    assert total(tmp_path) == server.count()
    assert not repeats(server.calls)


async def test_what_a_rollout_with_an_unexpected_error_has_cost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[int] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "client" and not broken:
            broken.append(number)
            return Http(body=chat_body("BOOM"))
        return seeded(call, number)

    def read(data: bytes, secrets: Collection[str] = ()) -> Reply:
        if b"BOOM" in data:
            raise ZeroDivisionError("a fault of ours")
        return read_completion(data, secrets)

    monkeypatch.setattr(endpoint, "read_completion", read)
    with serve(behave) as server:
        plan = rollout_plan(tmp_path, server.base_url, rft={"min_rollouts": 1})
        assert (await run_sample(plan)).exit_status() == 0
        assert broken
    # all but the one whose answer could not be read
    assert total(tmp_path) == server.count() - 1


# stopped


def stop_and_go_on(
    tmp_path: Path, server: LoopbackServer, plan: SamplePlan, until: Callable[[], bool], *, delay_sec: float
) -> int:
    """Stop a run by SIGTERM at some moment; return how many calls were answered by then."""
    server.delay_sec = delay_sec
    with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
        assert wait_for(until, process)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGTERM)
        assert finish(process) == 130
    server.delay_sec = 0
    return len(server.calls)


@pytest.mark.parametrize("calls", [1, 2, 3, 5, 6, 8, 9, 10, 11, 13])
async def test_totals_of_a_stopped_course_are_the_calls_that_were_answered(
    tmp_path: Path, calls: int
) -> None:
    save_dir = tmp_path / "runs"
    with serve() as server:
        plan = run_plan(save_dir, server.base_url, max_counselor_turns=3)
        made = stop_and_go_on(tmp_path, server, plan, lambda: len(server.calls) >= calls, delay_sec=0.05)
        assert total(save_dir) == made
        assert course_file(save_dir)["status"] == "partial"
        assert sum(r["calls"] for r in course_file(save_dir)["usage"]["roles"].values()) == made
        assert (await run_sample(plan)).exit_status() == 0
        assert not repeats(server.calls)
        assert total(save_dir) == len(server.calls)


@pytest.mark.parametrize("calls", [4, 8, 12, 16])
@pytest.mark.parametrize("fails", [False, True])
async def test_totals_of_stopped_rollouts_are_the_calls_that_were_answered(
    tmp_path: Path, calls: int, fails: bool
) -> None:
    save_dir = tmp_path / "runs"
    victims: list[int] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "client" and fails:
            # one attempt each, so that the first rollout whose client speaks fails for good
            victims.append(call.body["seed"])
            if call.body["seed"] == victims[0]:
                return EMPTY
        return seeded(call, number)

    with serve(behave) as server:
        plan = rollout_plan(save_dir, server.base_url, rft={"rollout_n": 3, "min_rollouts": 1}, max_retries=0)
        made = stop_and_go_on(tmp_path, server, plan, lambda: len(server.calls) >= calls, delay_sec=0.05)
        assert total(save_dir) == made
        server.behave = seeded
        assert (await run_sample(plan)).exit_status() == 0
        assert not repeats(server.calls)
        assert total(save_dir) == len(server.calls)


async def test_a_stop_then_a_kill_then_the_end_counts_every_reply_once(tmp_path: Path) -> None:
    save_dir = tmp_path / "runs"
    with serve() as server:
        plan = run_plan(save_dir, server.base_url, max_counselor_turns=3)
        made = stop_and_go_on(tmp_path, server, plan, lambda: len(server.calls) >= 4, delay_sec=0.05)
        assert total(save_dir) == made
        server.delay_sec = 0.05
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(server.calls) >= made + 3, process)
            process.kill()
            finish(process)
        time.sleep(0.1)
        server.delay_sec = 0
        assert (await run_sample(plan)).exit_status() == 0
        assert sum(repeats(server.calls).values()) <= 1
        assert total(save_dir) == len(set(keys(server.calls)))
