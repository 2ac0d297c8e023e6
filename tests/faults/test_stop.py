"""Ctrl-C and SIGTERM: a clean stop wherever the run is, and a resume that makes no call again."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from langgraph.errors import GraphDrained

from psychagent.runs.events import CaseEnded
from psychagent.runs.outcome import Status
from psychagent.runs.sample import run_sample
from psychagent.runs.stop import Stop, stop_on_signals
from tests.support.children import finish, psychagent, wait_for
from tests.support.loopback.server import Call, Http, serve
from tests.support.running import (
    calls_of,
    case_dirs,
    course_file,
    hearing,
    keys,
    manifest,
    repeats,
    run_plan,
    write_yaml,
)


def send(process: BaseProcess, name: signal.Signals) -> float:
    """Signal a process; return when."""
    assert process.pid is not None
    os.kill(process.pid, name)
    return time.monotonic()


class AtCall:
    """Says when the nth call of a role has come in and is not yet answered."""

    def __init__(self, role: str, nth: int) -> None:
        self.role, self.nth, self.event = role, nth, threading.Event()

    def __call__(self, call: Call, number: int) -> Http | None:
        if call.role == self.role:
            self.nth -= 1
            if self.nth == 0:
                self.event.set()
        return None


POINTS = [
    ("filter", 1, signal.SIGINT),
    ("counselor", 2, signal.SIGTERM),
    ("client", 1, signal.SIGINT),
    ("summary", 1, signal.SIGINT),
    ("filter", 2, signal.SIGTERM),
]


@pytest.mark.slow
@pytest.mark.parametrize(("role", "nth", "name"), POINTS, ids=[f"{r}-{n}-{s.name}" for r, n, s in POINTS])
async def test_a_stop_in_the_middle_of_a_call_loses_nothing(
    tmp_path: Path, role: str, nth: int, name: signal.Signals
) -> None:
    point, save_dir = AtCall(role, nth), tmp_path / "runs"
    with serve(point, delay_sec=0.15) as server:
        plan = run_plan(save_dir, server.base_url, max_counselor_turns=3)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(point.event.is_set, process)
            when = send(process, name)
            assert finish(process) == 130
            assert time.monotonic() - when < 5
        made = len(server.calls)
        told = (tmp_path / "log").read_text()
        assert "stopping: calls in flight may come in" in told
        assert "Run the same command to go on" in told
        assert course_file(save_dir)["status"] == "partial"
        stopped = manifest(save_dir)
        assert stopped["cases"] == {"partial": 1}
        assert sum(calls_of(stopped["totals"]).values()) == made, "every call that was made is in the totals"

        server.delay_sec = 0
        result = await run_sample(plan)
        assert result.exit_status() == 0
        assert not repeats(server.calls)
        assert sum(calls_of(manifest(save_dir)["totals"]).values()) == len(server.calls)


@pytest.mark.slow
async def test_many_cases_stop_together_and_none_is_begun(tmp_path: Path) -> None:
    point, save_dir = AtCall("counselor", 4), tmp_path / "runs"
    with serve(point, delay_sec=0.1) as server:
        plan = run_plan(save_dir, server.base_url, cases=6)
        with psychagent([*write_yaml(tmp_path, plan), "--concurrency", "3"], tmp_path / "log") as process:
            assert wait_for(point.event.is_set, process)
            send(process, signal.SIGINT)
            assert finish(process) == 130
        assert len(case_dirs(save_dir)) == 3
        server.delay_sec = 0
        result = await run_sample(plan)
        assert result.count() == {Status.ENDED_BY_LIMIT: 6}
        assert not repeats(server.calls)
        assert len(set(keys(server.calls))) == sum(calls_of(manifest(save_dir)["totals"]).values())


@pytest.mark.parametrize("answer", [Http(status=500), Http(status=429, headers={"retry-after": "50"})])
def test_a_wait_before_another_attempt_is_cut_short(tmp_path: Path, answer: Http) -> None:
    with serve(lambda call, n: answer) as server:
        plan = run_plan(tmp_path / "runs", server.base_url, max_retries=9, max_wait_sec=60)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            least = 3 if answer.status == 500 else 1
            assert wait_for(lambda: len(server.calls) >= least, process)
            time.sleep(0.1)
            when = send(process, signal.SIGTERM)
            assert finish(process) == 130
            assert time.monotonic() - when < 3
    assert course_file(tmp_path / "runs")["failure"] is None, "a case that was stopped has not failed"


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with serve(delay_sec=60) as server:
        plan = run_plan(tmp_path / "runs", server.base_url, timeout_sec=120)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(server.calls) == 1, process)
            send(process, signal.SIGINT)
            time.sleep(0.3)
            assert process.is_alive()
            when = send(process, signal.SIGINT)
            assert finish(process) == 130
            assert time.monotonic() - when < 3
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_a_server_that_hangs_holds_a_stop_up_for_no_longer_than_the_grace() -> None:
    stop = Stop(grace_sec=0.2)
    given_up = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            given_up.set()

    asyncio.get_running_loop().call_later(0.1, stop.ask, "test")
    began = time.monotonic()
    with pytest.raises(GraphDrained):
        await stop.bound(hang())
    assert 0.2 < time.monotonic() - began < 2
    assert given_up.is_set()


async def test_work_that_comes_in_within_the_grace_counts() -> None:
    stop = Stop(grace_sec=5)
    stop.ask("test")
    assert await stop.bound(asyncio.sleep(0.05, result="done")) == "done"


async def test_an_error_passes_through_the_bound() -> None:
    async def fail() -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await Stop().bound(fail())


async def test_whoever_is_cancelled_cancels_the_work() -> None:
    ended = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    outer = asyncio.create_task(Stop().bound(hang()))
    await asyncio.sleep(0.02)
    outer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outer
    assert ended.is_set()


async def test_without_a_stop_a_wait_is_a_wait() -> None:
    began = time.monotonic()
    await Stop().sleep(0.05)
    assert time.monotonic() - began >= 0.05


async def test_signals_are_left_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals(Stop()):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) == before


async def test_a_stop_that_comes_when_all_is_done_is_no_interruption(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, max_sessions=1, max_counselor_turns=1)
        stopping = hearing(plan, CaseEnded, lambda event: signal.raise_signal(signal.SIGINT))
        result = await run_sample(stopping)
    assert not result.interrupted
    assert result.exit_status() == 0
