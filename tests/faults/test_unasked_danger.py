"""Runs in which a client voices danger: rollouts that did not ask lose, and a run never ends for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from psychagent.export.plan import ExportPlan
from psychagent.export.write import run_export
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.children import DIED, finish, psychagent
from tests.support.danger import ASKED, UNASKED, voicing
from tests.support.exporting import read_rows
from tests.support.loopback.server import LoopbackServer, serve
from tests.support.rolling import rollout_plan
from tests.support.running import NAME, case_dirs, load, write_yaml

SESSIONS = 2
REASON = "danger voiced in turn 1 was not asked about"


def asks_by_seed(seed: int) -> bool:
    return seed % 3 == 0


def plan_at(save_dir: Path, server: LoopbackServer, **rft: Any) -> SamplePlan:
    rft = {"rollout_n": 4, "min_rollouts": 1} | rft
    return rollout_plan(save_dir, server.base_url, rft=rft, max_sessions=SESSIONS)


def sessions(save_dir: Path) -> list[Any]:
    return [load(path) for path in sorted(case_dirs(save_dir)[0].glob("session_*.json"))]


def said(rollout: Any) -> str:
    return "\n".join(turn["content"] for turn in rollout["transcript"])


async def test_rollouts_that_did_not_ask_lose_however_well_they_are_judged(tmp_path: Path) -> None:
    with serve(voicing(asks_by_seed)) as server:
        assert (await run_sample(plan_at(tmp_path, server))).exit_status() == 0
    for session in sessions(tmp_path):
        data = session["rollout_data"]
        unasked = [c["rollout_index"] for c in data["rollout_candidates"] if UNASKED in said(c)]
        assert 0 < len(unasked) < 4, "the seeds must give both kinds"
        assert data["selection"]["excluded"] == {str(index): REASON for index in unasked}
        assert data["selection"]["unasked"] == unasked
        assert ASKED in said(data["rollout_candidates"][data["winner_rollout_index"]])
        heard = [[f["turn"] for f in c["risk"] if not f["carried"]] for c in data["rollout_candidates"]]
        # where it was asked about, an answer that does not deny it is heard as well
        asked = [ASKED in said(c) for c in data["rollout_candidates"]]
        assert heard == [[1, 3] if one else [1] for one in asked], "of the rejected ones too"


async def test_the_reference_reward_takes_no_account_of_it(tmp_path: Path) -> None:
    with serve(voicing(asks_by_seed)) as server:
        assert (await run_sample(plan_at(tmp_path, server, reward="reference"))).exit_status() == 0
    for session in sessions(tmp_path):
        data = session["rollout_data"]
        assert (data["selection"]["excluded"], data["selection"]["unasked"]) == ({}, [])
        assert UNASKED in said(data["rollout_candidates"][data["winner_rollout_index"]])


async def test_where_no_rollout_asks_they_are_held_again_and_then_the_run_goes_on_with_a_warning(
    tmp_path: Path,
) -> None:
    with serve(voicing(lambda seed: False)) as server:
        assert (await run_sample(plan_at(tmp_path, server, rollout_n=2))).exit_status() == 0
        openings = [c for c in server.calls if c.role == "counselor" and len(c.body["messages"]) == 2]
    assert len(openings) == SESSIONS * 2 * 2, "each rollout twice"
    for session in sessions(tmp_path):
        choice = session["rollout_data"]["selection"]
        assert (choice["unasked"], choice["excluded"]) == ([0, 1], {})
    log = (tmp_path / NAME / "run.log").read_text(encoding="utf-8")
    assert log.count("danger was voiced and in no rollout asked about at once") == SESSIONS


async def test_the_others_may_be_rejected_in_pairs_and_what_nobody_asked_about_is_not_exported(
    tmp_path: Path,
) -> None:
    with serve(voicing(asks_by_seed)) as server:
        await run_sample(plan_at(tmp_path / "mixed", server))
    done = run_export(ExportPlan(tmp_path / "mixed", tmp_path / "pairs" / "p.jsonl", format="preference"))
    rows = read_rows(done.files["all"])
    unasked = sum(len(s["rollout_data"]["selection"]["unasked"]) for s in sessions(tmp_path / "mixed"))
    rejected = [row for row in rows if any(UNASKED in m["content"] for m in row["rejected"])]
    assert len(rejected) == unasked
    assert {row["meta"]["margin"] for row in rejected} == {None}
    assert not [row for row in rows if any(UNASKED in m["content"] for m in row["chosen"])]


@pytest.mark.slow
@pytest.mark.parametrize("dies_at", range(9, 150, 23))
async def test_a_run_that_was_killed_chooses_the_same(tmp_path: Path, dies_at: int) -> None:
    with serve(voicing(asks_by_seed)) as server:
        assert (await run_sample(plan_at(tmp_path / "whole", server))).exit_status() == 0
        plan = plan_at(tmp_path / "runs", server)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log", dies_at=dies_at) as process:
            assert finish(process) == DIED
        time.sleep(0.05)
        assert (await run_sample(plan)).exit_status() == 0
    whole, resumed = (
        [(s["rollout_data"]["selection"], s["risk"]) for s in sessions(tmp_path / name)]
        for name in ("whole", "runs")
    )
    assert resumed == whole
    assert all(choice["unasked"] for choice, _ in whole)
