"""A finished run is found finished from its files, and whatever is in doubt is left to the run."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.cases import find_cases
from psychagent.domain.base import Language
from psychagent.errors import LockError, RecordError
from psychagent.files.lock import hold_lock
from psychagent.records.folder import RunFolder
from psychagent.runs.checkpoints.settled import settled_threads
from psychagent.runs.events import CaseEnded, RunBegan, RunEvent
from psychagent.runs.outcome import RunResult
from psychagent.runs.plan import SamplePlan
from psychagent.runs.resume.finished import find_finished
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import serve
from tests.support.running import NAME, load, manifest, run_plan

UNREACHABLE = "http://127.0.0.1:9/v1"


def plan_in(folder: Path, base_url: str = UNREACHABLE, **over: Any) -> SamplePlan:
    """Plan two cases; an address may differ on resume, so a finished run needs no server."""
    return run_plan(folder, base_url, cases=2, max_counselor_turns=1, **over)


def found(plan: SamplePlan) -> RunResult | None:
    return find_finished(plan, find_cases(plan.dataset, Language.EN))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two cases, made once for all tests."""
    folder = tmp_path_factory.mktemp("made")
    with serve() as server:
        assert asyncio.run(run_sample(plan_in(folder, server.base_url))).exit_status() == 0
    return folder


@pytest.fixture
def finished(made: Path, tmp_path: Path) -> Path:
    """A copy of that run, which a test may damage."""
    return shutil.copytree(made, tmp_path / "runs")


def test_it_returns_what_the_run_itself_returns_and_leaves_the_same_files(finished: Path) -> None:
    told: list[RunEvent] = []
    at_once = found(replace(plan_in(finished), tell=told.append))
    assert [type(event) for event in told] == [RunBegan, CaseEnded, CaseEnded]
    files = {path: path.read_bytes() for path in finished.rglob("*.json")}
    again = asyncio.run(run_sample(plan_in(finished)))
    # a run tells what its folder has cost so far; who is told at once that all is done asks no journal
    assert again.model_copy(update={"spending": None}) == at_once
    assert {path: path.read_bytes() for path in finished.rglob("*.json")} == files
    assert at_once is not None
    assert at_once.exit_status() == 0
    assert [path.name for path in (finished / NAME).glob("checkpoints*")] == ["checkpoints.sqlite"]


def test_the_manifest_is_written_anew(finished: Path) -> None:
    path = finished / NAME / "manifest.json"
    before = manifest(finished)
    path.write_text(json.dumps(before | {"totals": {}, "cases": {}}), encoding="utf-8")
    assert found(plan_in(finished)) is not None
    after = manifest(finished)
    assert (after["totals"], after["cases"]) == (before["totals"], before["cases"])
    assert after["settings"]["baseline"]["counselor"]["base_url"] == UNREACHABLE


def case_of(folder: Path) -> Path:
    return sorted((folder / NAME / "cbt").iterdir())[0]


def execute(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / NAME / "checkpoints.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()


def edit_course(folder: Path, **fields: Any) -> None:
    path = case_of(folder) / "course.json"
    path.write_text(json.dumps(load(path) | fields), encoding="utf-8")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no course file": lambda run: (case_of(run) / "course.json").unlink(),
    "a course file that is cut off": lambda run: (case_of(run) / "course.json").write_text("{"),
    "a course that is not over": lambda run: edit_course(run, status="partial"),
    "a status that nobody writes": lambda run: edit_course(run, status="done"),
    "usage that is not the sum": lambda run: edit_course(
        run, failed_usage={"roles": {"client": {"calls": 1}}}
    ),
    "more sessions than files": lambda run: edit_course(run, num_sessions=3),
    "a session that is missing": lambda run: (case_of(run) / "session_1.json").unlink(),
    "a session that is cut off": lambda run: (case_of(run) / "session_2.json").write_text("{"),
    "a case without its folder": lambda run: shutil.rmtree(case_of(run)),
    "no checkpoints": lambda run: (run / NAME / "checkpoints.sqlite").unlink(),
    "checkpoints that are none": lambda run: (run / NAME / "checkpoints.sqlite").write_text("x" * 5000),
    "a course that is not in them": lambda run: execute(
        run, f"DELETE FROM checkpoints WHERE thread_id = 'cbt/{case_of(run).name}'"
    ),
    "a course that was not compacted": lambda run: execute(
        run,
        "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, metadata) "
        "SELECT thread_id, 'inner', checkpoint_id, type, checkpoint, metadata FROM checkpoints",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_whatever_is_in_doubt_is_left_to_the_run(finished: Path, damage: str) -> None:
    DAMAGE[damage](finished)
    before = manifest(finished)
    assert found(plan_in(finished)) is None
    assert manifest(finished) == before


def test_a_run_with_more_cases_to_do_is_not_finished(finished: Path) -> None:
    assert found(run_plan(finished, UNREACHABLE, cases=3, max_counselor_turns=1)) is None


def test_a_profile_that_can_no_longer_be_read_is_left_to_the_run(finished: Path, tmp_path: Path) -> None:
    plan = plan_in(finished)
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    for case in find_cases(plan.dataset, Language.EN):
        (profiles / case.path.name).write_text("[]", encoding="utf-8")
    dataset = plan.dataset.model_copy(update={"root": profiles, "split": None})
    assert found(replace(plan, dataset=dataset)) is None


@pytest.mark.parametrize("change", [{"overwrite": True}, {"resume": False}])
def test_options_that_ask_for_more_are_left_to_the_run(finished: Path, change: dict[str, bool]) -> None:
    assert found(replace(plan_in(finished), **change)) is None  # type: ignore[arg-type]


def test_an_empty_folder_holds_no_finished_run_and_stays_empty(tmp_path: Path) -> None:
    assert found(plan_in(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_a_run_made_with_something_else_is_refused_as_ever(finished: Path) -> None:
    with pytest.raises(RecordError, match="made with baseline 'end_token'"):
        found(plan_in(finished, end_token="<stop>"))


def test_a_folder_that_another_process_works_in_is_refused(finished: Path) -> None:
    with hold_lock(RunFolder(finished / NAME).lock), pytest.raises(LockError, match="another process"):
        found(plan_in(finished))


def test_a_file_of_checkpoints_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert settled_threads(tmp_path / "checkpoints.sqlite") == frozenset()
    assert list(tmp_path.iterdir()) == []
