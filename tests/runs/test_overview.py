"""Runs in a folder are listed with what they are, how far they are, and what they took."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from psychagent.files.lock import hold_lock
from psychagent.records.folder import RunFolder
from psychagent.runs.overview import RunKind, RunLine, RunState, list_runs
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Http, serve
from tests.support.running import NAME, load, once, run_plan


def only(folder: Path) -> RunLine:
    (line,) = list_runs([folder])
    return line


def made(plan: SamplePlan) -> RunFolder:
    asyncio.run(run_sample(plan))
    return plan.folder


def test_a_finished_run_is_complete_and_says_what_it_took(tmp_path: Path) -> None:
    with serve() as server:
        made(run_plan(tmp_path, server.base_url, cases=2, max_counselor_turns=1))
        answered = len(server.calls)
    line = only(tmp_path)
    assert (line.path, line.kind, line.state) == (str(tmp_path / NAME), RunKind.SAMPLE, RunState.COMPLETE)
    assert sum(line.cases.values()) == 2
    assert (line.calls, line.scripted) == (answered, False)
    assert line.prompt_tokens > 0
    assert line.changed is not None


def test_a_run_with_a_failed_case_is_failed(tmp_path: Path) -> None:
    with serve(once("summary", Http(status=400), times=9)) as server:
        made(run_plan(tmp_path, server.base_url, max_counselor_turns=1))
    assert only(tmp_path).state is RunState.FAILED


def test_a_run_whose_lock_is_held_is_running_and_asking_does_not_disturb_it(tmp_path: Path) -> None:
    with serve() as server:
        folder = made(run_plan(tmp_path, server.base_url, max_counselor_turns=1))
    with hold_lock(folder.lock):
        assert only(tmp_path).state is RunState.RUNNING
        assert only(tmp_path).state is RunState.RUNNING
    assert only(tmp_path).state is RunState.COMPLETE


@pytest.mark.parametrize(("cases", "state"), [({}, "unfinished"), ({"partial": 1}, "unfinished")])
def test_a_run_in_which_a_case_is_not_over_is_unfinished(
    cases: dict[str, int], state: str, tmp_path: Path
) -> None:
    with serve() as server:
        folder = made(run_plan(tmp_path, server.base_url, max_counselor_turns=1))
    data = load(folder.manifest_path)
    folder.manifest_path.write_text(json.dumps(data | {"cases": cases}))
    assert only(tmp_path).state.value == state


def test_a_run_whose_manifest_cannot_be_read_is_named_beside_the_others(tmp_path: Path) -> None:
    with serve() as server:
        made(run_plan(tmp_path, server.base_url, max_counselor_turns=1))
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "manifest.json").write_text("{")
    whole, torn = list_runs([tmp_path])
    assert (whole.state, torn.state) == (RunState.COMPLETE, RunState.BROKEN)
    assert "truncated or not JSON" in torn.note


@pytest.mark.parametrize(
    ("priced", "cost"), [("loopback", True), ("another-model", False)], ids=["all priced", "one without"]
)
def test_money_is_said_only_where_every_model_has_a_price(priced: str, cost: bool, tmp_path: Path) -> None:
    with serve() as server:
        folder = made(run_plan(tmp_path, server.base_url, max_counselor_turns=1))
    data = load(folder.manifest_path)
    data["settings"]["runtime"]["machine"]["prices"] = {priced: {"prompt": 1_000_000, "completion": 0}}
    folder.manifest_path.write_text(json.dumps(data))
    line = only(tmp_path)
    assert line.cost == (float(line.prompt_tokens) if cost else None)
