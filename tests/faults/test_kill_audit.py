"""kill -9 between what the gate finds and the reply to it: the audit has one line for the turn."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from psychagent.records.audit.check import verify
from psychagent.runs.sample import run_sample
from tests.support.audits import audit_lines, turns_in, without_chance
from tests.support.children import DIED, finish, psychagent, wait_for
from tests.support.endangered import Endangered, audit_of, endangered_plan, gate_at
from tests.support.journaled import journals_in
from tests.support.loopback.server import serve
from tests.support.running import NAME, write_yaml

pytestmark = pytest.mark.slow


def in_order(save_dir: Path) -> list[str]:
    """Return the lines of a run's audit, whichever rollout was the first."""
    return sorted(json.dumps(line) for line in without_chance(audit_of(save_dir)))


@pytest.mark.parametrize("mode", ["watch", "act"])
@pytest.mark.parametrize("rollouts", [1, 2])
async def test_a_kill_between_the_finding_and_the_reply_leaves_one_line_a_turn(
    tmp_path: Path, mode: str, rollouts: int
) -> None:
    client = Endangered()
    with serve(client) as server:

        def make(save_dir: Path) -> Any:
            return endangered_plan(
                save_dir, server.base_url, safety={"mode": mode}, rollouts=rollouts, max_sessions=1
            )

        plan = make(tmp_path / "killed")
        client.keeps_back = True
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(client.kept_back) >= rollouts, process)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            assert finish(process) == -signal.SIGKILL
        assert turns_in(audit_of(plan.save_dir)) == [(1, rollout, 1) for rollout in range(rollouts)]
        before = audit_of(plan.save_dir).read_bytes()

        client.keeps_back = False
        assert (await run_sample(plan)).exit_status() == 0
        assert audit_of(plan.save_dir).read_bytes().startswith(before)
        found = turns_in(audit_of(plan.save_dir))
        assert len(found) == len(set(found))
        assert (await run_sample(make(tmp_path / "whole"))).exit_status() == 0
    assert in_order(plan.save_dir) == in_order(tmp_path / "whole")
    verdict = verify(audit_of(plan.save_dir))
    assert (verdict.is_whole, verdict.writers) == (True, 2)


async def test_a_death_beside_any_write_leaves_one_line_a_turn_where_the_gate_takes_over(
    tmp_path: Path,
) -> None:
    between = 0
    with serve(Endangered(level=3)) as server:
        for dies_at in range(21, 30):
            plan = endangered_plan(
                tmp_path / str(dies_at), server.base_url, safety=gate_at(server.base_url), max_sessions=1
            )
            with psychagent(
                write_yaml(tmp_path / "settings", plan), tmp_path / "log", dies_at=dies_at
            ) as process:
                assert finish(process) == DIED
            between += _is_between(plan.save_dir)
            assert (await run_sample(plan)).exit_status() == 0
            lines = audit_lines(audit_of(plan.save_dir))
            assert [(line["turn"], line["handling"]) for line in lines][0] == (1, "takeover")
            assert len({line["turn"] for line in lines}) == len(lines)
            assert verify(audit_of(plan.save_dir)).is_whole
    assert between >= 1, "some died between the line and what follows it"


def _is_between(save_dir: Path) -> bool:
    """Tell whether the takeover is on record and the client has not answered it yet."""
    if not audit_of(save_dir).exists() or not audit_of(save_dir).read_bytes().endswith(b"\n"):
        return False
    lines = [line for path in journals_in(save_dir / NAME) for line in path.read_bytes().splitlines()[1:]]
    return [json.loads(line)["role"] for line in lines].count("client") == 1


@pytest.mark.parametrize("cut", [1, 2, 200])
async def test_a_line_torn_by_a_kill_is_written_again_when_the_session_is_resumed(
    tmp_path: Path, cut: int
) -> None:
    client = Endangered(keeps_back=True)
    with serve(client) as server:
        plan = endangered_plan(tmp_path / "runs", server.base_url, safety={"mode": "act"}, max_sessions=1)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: bool(client.kept_back), process)
            process.kill()
            finish(process)
        path = audit_of(plan.save_dir)
        path.write_bytes(path.read_bytes()[:-cut])
        client.keeps_back = False
        assert (await run_sample(plan)).exit_status() == 0
    found = turns_in(path)
    assert (1, 0, 1) in found
    assert len(found) == len(set(found))
    assert verify(path).is_whole
