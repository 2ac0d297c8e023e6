"""The checkpoint file: what it may hold, what is left of a finished course, and how it fails."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint

from psychagent.domain.base import Record
from psychagent.domain.memory import Memory
from psychagent.domain.rollout import FinishedSession, Rollout
from psychagent.errors import RecordError
from psychagent.flows.build import build_deps
from psychagent.flows.course import build_course
from psychagent.flows.live import open_live
from psychagent.records.folder import RunFolder
from psychagent.runs.checkpoints.sqlite import open_checkpoints, stored_types
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Http, serve
from tests.support.running import NAME, always, case_dirs, load, run_plan, settings_at

ROOT = Path(__file__).resolve().parents[2]


def rows(path: Path, question: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def size(path: Path) -> int:
    """Bytes of the database with what stands in its journal."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


async def test_of_a_finished_course_only_the_latest_root_checkpoint_is_left(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, cases=2)
        assert (await run_sample(plan)).exit_status() == 0
    path = RunFolder(tmp_path / NAME).checkpoints
    kept = rows(path, "SELECT thread_id, checkpoint_ns, count(*) FROM checkpoints GROUP BY 1, 2")
    assert sorted(kept) == [("cbt/en01", "", 1), ("cbt/en02", "", 1)]
    stray = "SELECT count(*) FROM writes WHERE checkpoint_id NOT IN (SELECT checkpoint_id FROM checkpoints)"
    assert rows(path, stray) == [(0,)]


async def test_the_file_shrinks_when_a_course_is_compacted(tmp_path: Path) -> None:
    with serve() as server:
        baseline, runtime = settings_at(server.base_url, max_sessions=3, max_counselor_turns=4)
        path = tmp_path / "checkpoints.sqlite"
        async with open_live({}) as live, open_checkpoints(path) as kept_in:
            deps = build_deps(baseline, runtime, live)
            graph = build_course(deps, kept_in.saver)
            config: Any = {"configurable": {"thread_id": "one"}, "recursion_limit": 60}
            await graph.ainvoke({}, config, context=deps.knobs, durability="sync")
            before = size(path)
            state = (await graph.aget_state(config)).values
            await kept_in.compact("one")
            assert size(path) < before / 3
            assert (await graph.aget_state(config)).values == state
            await kept_in.compact("one")
            assert (await graph.aget_state(config)).values == state


async def test_compacting_one_course_leaves_the_others_alone(tmp_path: Path) -> None:
    with serve() as server:
        baseline, runtime = settings_at(server.base_url, max_sessions=1)
        path = tmp_path / "checkpoints.sqlite"
        async with open_live({}) as live, open_checkpoints(path) as kept_in:
            deps = build_deps(baseline, runtime, live)
            graph = build_course(deps, kept_in.saver)
            for thread in ("one", "two"):
                config: Any = {"configurable": {"thread_id": thread}, "recursion_limit": 60}
                await graph.ainvoke({}, config, context=deps.knobs, durability="sync")
            held = rows(path, "SELECT count(*) FROM checkpoints WHERE thread_id = 'two'")
            await kept_in.compact("one")
            assert rows(path, "SELECT count(*) FROM checkpoints WHERE thread_id = 'two'") == held
            assert held[0][0] > 5


async def test_a_finished_course_that_was_compacted_is_resumed_without_a_call(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url)
        await run_sample(plan)
        made, path = len(server.calls), RunFolder(tmp_path / NAME).checkpoints
        before = rows(path, "SELECT checkpoint_id FROM checkpoints")
        result = await run_sample(plan)
        assert len(server.calls) == made
    assert result.exit_status() == 0
    assert rows(path, "SELECT checkpoint_id FROM checkpoints") == before


async def test_an_unfinished_course_is_not_compacted(tmp_path: Path) -> None:
    with serve(always("summary", Http(status=400, body="no"))) as server:
        await run_sample(run_plan(tmp_path, server.base_url))
    path = RunFolder(tmp_path / NAME).checkpoints
    assert rows(path, "SELECT count(*) FROM checkpoints WHERE checkpoint_ns = ''")[0][0] > 3


def test_every_stored_record_may_be_loaded_again() -> None:
    allowed = set(stored_types())
    for name in ("Turn", "Plan", "Memory", "SessionSummary", "Usage", "Case", "Rollout", "FinishedSession"):
        assert name in {kind for _, kind in allowed}
    found = set()
    waiting: list[type[Record | StrEnum]] = [Rollout, FinishedSession, Memory]
    while waiting:
        kind = waiting.pop()
        found.add((kind.__module__, kind.__name__))
        for field in kind.model_fields.values() if issubclass(kind, Record) else ():
            parts = [field.annotation, *getattr(field.annotation, "__args__", ())]
            waiting += [p for p in parts if isinstance(p, type) and issubclass(p, Record | StrEnum)]
    assert found <= allowed


def test_what_is_no_record_of_ours_may_not() -> None:
    assert all(module.startswith("psychagent.") for module, _ in stored_types())


async def test_checkpoints_restore_the_same_types_and_warn_of_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with serve() as server:
        baseline, runtime = settings_at(server.base_url, max_sessions=2)
        path = tmp_path / "checkpoints.sqlite"
        async with open_live({}) as live:
            deps = build_deps(baseline, runtime, live)
            config: Any = {"configurable": {"thread_id": "one"}, "recursion_limit": 60}
            async with open_checkpoints(path) as kept_in:
                held = await build_course(deps, kept_in.saver).ainvoke(
                    {}, config, context=deps.knobs, durability="sync"
                )
            async with open_checkpoints(path) as kept_in:
                state = (await build_course(deps, kept_in.saver).aget_state(config)).values
    assert state == held
    assert {k: type(v) for k, v in state.items()} == {k: type(v) for k, v in held.items()}
    assert [r.getMessage() for r in caplog.records] == []


@pytest.mark.slow
def test_a_strict_run_is_killed_and_resumed_without_a_warning(tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT), "LANGGRAPH_STRICT_MSGPACK": "true", "HF_HUB_OFFLINE": "1"}
    with serve() as server:
        plan = run_plan(tmp_path / "runs", server.base_url)
        script = (
            "import asyncio, json, logging, os, sys\n"
            "from pathlib import Path\n"
            "logging.basicConfig(level=logging.WARNING)\n"
            "logging.getLogger().handlers[0].setLevel(logging.WARNING)\n"
            "from tests.support.running import hearing, run_plan\n"
            "from psychagent.flows.events import SessionClosed\n"
            "from psychagent.runs.events import InCase\n"
            "from psychagent.runs.sample import run_sample\n"
            "plan = run_plan(Path(sys.argv[1]), sys.argv[2])\n"
            "die = lambda event: os._exit(7) if isinstance(event.event, SessionClosed) else None\n"
            "plan = hearing(plan, InCase, die) if len(sys.argv) > 3 else plan\n"
            "sys.exit(asyncio.run(run_sample(plan)).exit_status())\n"
        )
        command = [sys.executable, "-W", "error", "-c", script, str(plan.save_dir), server.base_url]
        first = subprocess.run([*command, "die"], env=env, capture_output=True, text=True, timeout=120)
        assert first.returncode == 7, first.stderr
        again = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr
    assert first.stderr + again.stderr == ""
    assert len([*case_dirs(tmp_path / "runs")[0].glob("session_*.json")]) == 2


async def test_a_file_that_cannot_be_opened_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.sqlite"
    path.mkdir()
    with pytest.raises(RecordError, match="free space or mend its permissions and run again") as caught:
        async with open_checkpoints(path):
            raise AssertionError("opened")
    assert str(path) in str(caught.value)


async def test_a_write_that_fails_in_the_middle_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.sqlite"
    with pytest.raises(RecordError, match="disk is full"):
        async with open_checkpoints(path):
            raise sqlite3.OperationalError("database or disk is full")


async def test_a_session_s_dialogue_is_in_its_file_and_no_longer_in_the_checkpoint(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, max_sessions=3)
        await run_sample(plan)
    place = case_dirs(tmp_path)[0]
    assert load(place / "session_1.json")["transcript"]
    async with open_checkpoints(RunFolder(tmp_path / NAME).checkpoints) as kept_in:
        kept = await kept_in.saver.aget_tuple({"configurable": {"thread_id": "cbt/en01"}})
    assert kept is not None
    values = kept.checkpoint["channel_values"]
    assert values["rollouts"] == []
    assert values["finished_session"].session_index == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checkpoints SET checkpoint = NULL",
        "UPDATE checkpoints SET type = NULL",
        "UPDATE checkpoints SET type = 3",
        "UPDATE checkpoints SET checkpoint = 3",
        "UPDATE checkpoints SET metadata = 3",
        "UPDATE writes SET value = NULL",
    ],
)
async def test_columns_that_are_damaged_are_a_damaged_file(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "checkpoints.sqlite"
    async with open_checkpoints(path) as checkpoints:
        config: RunnableConfig = {"configurable": {"thread_id": "a", "checkpoint_ns": ""}}
        stored = await checkpoints.saver.aput(config, empty_checkpoint(), {}, {})
        await checkpoints.saver.aput_writes(stored, [("turns", 3)], "task")
        checkpoints.saver.conn.execute(statement)
        with pytest.raises(checkpoints.faults) as caught:
            await checkpoints.saver.aget_tuple(config)
        told = checkpoints.explain(caught.value)
        assert told.startswith(f"{path}: is damaged (")
        assert "--overwrite" in told
