"""kill -9 at random points, then the same command: nothing lost, nothing done twice, counted at server."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psychagent.runs.outcome import RunResult, Status
from psychagent.runs.sample import run_sample
from tests.support.children import DIED, finish, psychagent, wait_for
from tests.support.loopback.server import serve
from tests.support.running import (
    calls_of,
    case_dirs,
    clean,
    course_file,
    keys,
    load,
    manifest,
    repeats,
    run_plan,
    stored_usage,
    write_yaml,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SESSIONS, TURNS, KILLS = 3, 3, 4
CALLS_A_SESSION = 1 + 2 * TURNS + (TURNS - 1) + 3
REFLECT = {"summary", "client_file", "recall"}


def check_complete(save_dir: Path, *, cases: int, sessions: int, turns: int) -> None:
    """Every case is finished, with whole files, and totals are the sum of the stored records."""
    places = case_dirs(save_dir)
    assert len(places) == cases
    for number, place in enumerate(places):
        held = sorted(place.glob("session_*.json"))
        assert [path.name for path in held] == [f"session_{k}.json" for k in range(1, sessions + 1)]
        for path in held:
            session = load(path)
            assert sum(line["role"] == "assistant" for line in session["transcript"]) == turns
            assert len(session["turns"]) == 2 * turns
            assert session["recall"]["session_index"] == session["session_index"]
            assert session["summary"]["session_summary_abstract"]
        assert course_file(save_dir, number)["finished"]
        assert course_file(save_dir, number)["num_sessions"] == sessions
    assert not [path for path in save_dir.rglob("*.part")]
    totals = manifest(save_dir)["totals"]
    assert clean(totals) == clean(stored_usage(save_dir))
    assert manifest(save_dir)["cases"] == {"finished by max_sessions": cases}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_course_killed_again_and_again_repeats_only_what_was_in_flight(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    save_dir = tmp_path / "runs"
    with serve(delay_sec=0.015) as server:
        plan = run_plan(save_dir, server.base_url, max_sessions=SESSIONS, max_counselor_turns=TURNS)
        argv = write_yaml(tmp_path, plan)
        for _ in range(KILLS):
            before = len(server.calls)
            goal = before + rng.randint(1, 9)
            with psychagent(argv, tmp_path / "log") as process:
                if not wait_for(lambda goal=goal: len(server.calls) >= goal, process):  # type: ignore[misc]
                    break
                time.sleep(rng.random() * 0.02)
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
                assert finish(process) == -signal.SIGKILL
            time.sleep(0.03)
            repeated = repeats(server.calls[:]) - repeats(server.calls[:before])
            # at the killed process's start, its predecessor's calls in flight are made again
            in_reflect = set(repeated) <= REFLECT
            assert sum(repeated.values()) <= (len(REFLECT) if in_reflect else 1), repeated
        with psychagent(argv, tmp_path / "log") as process:
            assert finish(process) == 0
        named = keys(server.calls)
    check_complete(save_dir, cases=1, sessions=SESSIONS, turns=TURNS)
    assert len(set(named)) == SESSIONS * CALLS_A_SESSION, "each call of the course, and no other"
    assert sum(calls_of(manifest(save_dir)["totals"]).values()) == len(set(named))
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "Warning" not in log


async def test_several_cases_killed_together_all_go_on(tmp_path: Path) -> None:
    rng, save_dir, cases = random.Random(5), tmp_path / "runs", 4
    with serve(delay_sec=0.02) as server:
        plan = run_plan(save_dir, server.base_url, cases=cases)
        argv = write_yaml(tmp_path, plan)
        for _ in range(3):
            before = len(server.calls)
            goal = before + rng.randint(6, 16)
            with psychagent(argv, tmp_path / "log") as process:
                assert wait_for(lambda goal=goal: len(server.calls) >= goal, process)  # type: ignore[misc]
                process.kill()
                assert finish(process) == -signal.SIGKILL
            again = repeats(server.calls[:]) - repeats(server.calls[:before])
            assert sum(again.values()) <= len(REFLECT) * cases
        # the lock went with the process, and the totals are right in a process that never saw the kills
        result: RunResult = await run_sample(plan)
        named = keys(server.calls)
    assert result.exit_status() == 0
    assert result.count() == {Status.ENDED_BY_LIMIT: cases}
    check_complete(save_dir, cases=cases, sessions=2, turns=2)
    assert sum(calls_of(manifest(save_dir)["totals"]).values()) == len(set(named))


@pytest.mark.parametrize("dies_at", [1, 9, 16, 24, 33, 40, 47, 55, 62, 70])
async def test_a_death_right_beside_a_write_loses_nothing(tmp_path: Path, dies_at: int) -> None:
    save_dir = tmp_path / "runs"
    with serve() as server:
        plan = run_plan(save_dir, server.base_url, max_counselor_turns=1)
        argv = write_yaml(tmp_path, plan)
        with psychagent(argv, tmp_path / "log", dies_at=dies_at) as process:
            assert finish(process) == DIED
        result = await run_sample(plan)
        assert result.exit_status() == 0, (result, dies_at)
        again = repeats(server.calls)
        assert sum(again.values()) <= (len(REFLECT) if set(again) <= REFLECT else 1), again
        unique = len(set(keys(server.calls)))
    check_complete(save_dir, cases=1, sessions=2, turns=1)
    assert sum(calls_of(manifest(save_dir)["totals"]).values()) == unique == 2 * 6


def test_the_module_killed_for_real_goes_on_with_the_same_command(tmp_path: Path) -> None:
    log, save_dir = tmp_path / "calls.jsonl", tmp_path / "runs"
    env = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    python = [sys.executable, "-W", "error"]
    serving = subprocess.Popen(
        [*python, "-m", "tests.support.loopback.server", "--delay-ms", "20", "--log", str(log)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert serving.stdout is not None
        plan = run_plan(save_dir, serving.stdout.readline().strip())
        command = [*python, "-m", "psychagent", *write_yaml(tmp_path, plan)]
        first = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 90
        while first.poll() is None and time.monotonic() < end:
            if log.exists() and log.read_text().count("\n") >= 11:
                first.kill()
            time.sleep(0.01)
        assert first.wait(10) == -signal.SIGKILL
        again = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    finally:
        serving.terminate()
        serving.wait(10)
        if serving.stdout:
            serving.stdout.close()
    assert again.returncode == 0, again.stderr
    assert "finished by max_sessions" in again.stdout
    assert again.stderr == ""
    check_complete(save_dir, cases=1, sessions=2, turns=2)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    named = [json.dumps([line["role"], line["body"]], sort_keys=True) for line in lines]
    assert len(named) - len(set(named)) <= 2
    assert sum(calls_of(manifest(save_dir)["totals"]).values()) == len(set(named))
