"""kill -9 with n rollouts and judges side by side: what was answered and kept is never asked for again."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from psychagent.runs.sample import run_sample
from tests.support.children import DIED, finish, psychagent, wait_for
from tests.support.journaled import journals_in, kept_calls
from tests.support.loopback.server import LoopbackServer, serve
from tests.support.rolling import ONE_A_SIDE, rollout_plan, seeded
from tests.support.running import NAME, calls_of, clean, keys, manifest, repeats, stored_usage, write_yaml

pytestmark = pytest.mark.slow

N, SESSIONS, TURNS = 3, 2, 2
CALLS_A_ROLLOUT = 2 * TURNS + (TURNS - 1) + len(ONE_A_SIDE)
CALLS = SESSIONS * (1 + N * CALLS_A_ROLLOUT + 3)
IN_FLIGHT = N * len(ONE_A_SIDE)
"""Most calls that are under way at once: every scale of every rollout."""


def check_finished(save_dir: Path, server: LoopbackServer) -> None:
    """Each call of the course was made, and each is in the totals once, however often it was made."""
    assert len(set(keys(server.calls))) == CALLS, "each call of the course, and no other"
    totals = manifest(save_dir)["totals"]
    assert sum(calls_of(totals).values()) == CALLS
    assert clean(totals) == clean(stored_usage(save_dir))
    assert journals_in(save_dir / NAME) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_rollouts_killed_again_and_again_repeat_only_what_was_in_flight(tmp_path: Path, seed: int) -> None:
    rng, save_dir, lost = random.Random(seed), tmp_path / "runs", 0
    with serve(seeded, delay_sec=0.02) as server:
        plan = rollout_plan(
            save_dir,
            server.base_url,
            rft={"rollout_n": N},
            max_sessions=SESSIONS,
            max_counselor_turns=TURNS,
        )
        argv = write_yaml(tmp_path, plan)
        for _ in range(4):
            before = len(server.calls)
            goal = before + rng.randint(2, 11)
            with psychagent(argv, tmp_path / "log") as process:
                if not wait_for(lambda goal=goal: len(server.calls) >= goal, process):  # type: ignore[misc]
                    break
                time.sleep(rng.random() * 0.03)
                process.kill()
                finish(process)
            # what was sent before the kill may be read by the server after it
            time.sleep(0.05)
            again = repeats(server.calls[:]) - repeats(server.calls[:before])
            assert sum(again.values()) <= lost, "only what no journal holds"
            assert not repeats(server.calls[before:]), "one process asks nothing twice"
            lost = len(set(keys(server.calls))) - kept_calls(save_dir / NAME)
            assert 0 <= lost <= IN_FLIGHT
        with psychagent(argv, tmp_path / "log") as process:
            before = len(server.calls)
            assert finish(process) == 0
        assert sum((repeats(server.calls[:]) - repeats(server.calls[:before])).values()) <= lost
        check_finished(save_dir, server)
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "Replies taken from journals" in log


@pytest.mark.parametrize("dies_at", range(7, 160, 19))
async def test_a_death_beside_a_write_of_a_rollout_loses_nothing(tmp_path: Path, dies_at: int) -> None:
    save_dir = tmp_path / "runs"
    with serve(seeded) as server:
        plan = rollout_plan(
            save_dir,
            server.base_url,
            rft={"rollout_n": N},
            max_sessions=SESSIONS,
            max_counselor_turns=TURNS,
        )
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log", dies_at=dies_at) as process:
            assert finish(process) == DIED
        time.sleep(0.05)
        lost = len(set(keys(server.calls))) - kept_calls(save_dir / NAME)
        assert 0 <= lost <= IN_FLIGHT
        result = await run_sample(plan)
        assert result.exit_status() == 0
        assert sum(repeats(server.calls).values()) <= lost
        check_finished(save_dir, server)


@pytest.mark.parametrize("cut", [1, 2, 30, 200])
async def test_a_journal_torn_by_a_kill_repeats_at_most_the_call_it_lost(tmp_path: Path, cut: int) -> None:
    save_dir = tmp_path / "runs"
    with serve(seeded, delay_sec=0.02) as server:
        plan = rollout_plan(save_dir, server.base_url, rft={"rollout_n": N}, max_sessions=1)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(server.calls) >= 12, process)
            process.kill()
            finish(process)
        time.sleep(0.05)
        (path,) = journals_in(save_dir / NAME)
        before = kept_calls(save_dir / NAME)
        path.write_bytes(path.read_bytes()[:-cut])
        kept = kept_calls(save_dir / NAME)
        assert before - kept <= 1
        lost, made = len(set(keys(server.calls))) - kept, len(server.calls)
        result = await run_sample(plan)
        assert result.exit_status() == 0
        assert result.replies_taken == kept - 1, "all but the choice of skills, which a checkpoint holds"
        assert sum(repeats(server.calls).values()) <= lost
        unique = len(set(keys(server.calls)))
        assert len(server.calls) - made == unique - kept, "every stored reply is taken, no other is"
        assert sum(calls_of(manifest(save_dir)["totals"]).values()) == unique
