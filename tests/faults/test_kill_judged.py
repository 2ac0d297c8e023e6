"""Every signal amid rollouts whose judge fails once: all are accounted for, none is counted twice."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from psychagent.records.judged.unscored import Unscored
from psychagent.runs.sample import run_sample
from tests.support.children import finish, psychagent, wait_for
from tests.support.journaled import kept_calls
from tests.support.loopback.server import Call, Http, serve
from tests.support.rolling import ONE_A_SIDE, rollout_plan, seeded
from tests.support.running import (
    NAME,
    calls_of,
    case_dirs,
    clean,
    keys,
    load,
    manifest,
    repeats,
    stored_usage,
    write_yaml,
)

pytestmark = pytest.mark.slow

N, CASES, SESSIONS = 3, 2, 2
STATUS = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 130, signal.SIGHUP: 130, signal.SIGINT: 130}
IN_FLIGHT = CASES * N * len(ONE_A_SIDE)


class JudgeFailsOnce:
    """The first call that the judge gets is refused, however often it is made; all others are answered."""

    def __init__(self) -> None:
        self.victim: list[int] = []
        self.refused = 0

    def __call__(self, call: Call, number: int) -> Http | None:
        if call.role == "judge" and not self.victim:
            self.victim.append(call.body["seed"])
        if call.role == "judge" and call.body["seed"] in self.victim:
            self.refused += 1
            return Http(status=418, body="no")
        return seeded(call, number)


@pytest.mark.parametrize("at", [9, 26])
@pytest.mark.parametrize("name", STATUS)
async def test_a_signal_amid_rollouts_loses_no_cost_and_counts_none_twice(
    tmp_path: Path, name: signal.Signals, at: int
) -> None:
    save_dir, judge = tmp_path / "runs", JudgeFailsOnce()
    with serve(judge, delay_sec=0.02) as server:
        plan = rollout_plan(
            save_dir, server.base_url, cases=CASES, rft={"rollout_n": N}, max_sessions=SESSIONS
        )
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(server.calls) >= at, process)
            assert process.pid is not None
            os.kill(process.pid, name)
            assert finish(process) == STATUS[name]
        time.sleep(0.1)
        lost = len(set(keys(server.calls))) - kept_calls(save_dir / NAME)
        server.delay_sec = 0
        result = await run_sample(plan)
        again = await run_sample(plan)
    held = Unscored(rollouts=CASES * SESSIONS * N, some=1, sessions=1)
    for each in (result, again):
        counted = each.unscored()
        assert counted.model_copy(update={"reasons": {}}) == held
        assert list(counted.reasons.values()) == [1]
        assert each.exit_status() == 1
    sessions = [load(path) for place in case_dirs(save_dir) for path in sorted(place.glob("session_*.json"))]
    assert len(sessions) == CASES * SESSIONS
    assert all(len(session["rollout_data"]["rollout_candidates"]) == N for session in sessions)
    # each answered call is in the totals once, whether its process lived or not
    totals = manifest(save_dir)["totals"]
    assert sum(calls_of(totals).values()) == len(set(keys(server.calls))) - len(judge.victim)
    assert clean(totals) == clean(stored_usage(save_dir))
    assert sum(repeats(server.calls).values()) <= (lost if name is signal.SIGKILL else 0) + judge.refused
    assert "Traceback" not in (tmp_path / "log").read_text()
