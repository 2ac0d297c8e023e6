"""What checkpoints hold: the same types back, and in a session's namespace only what grows."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.ending import EndReason
from psychagent.domain.memory import Memory
from psychagent.domain.profile import Case, CbtTheory
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.turn import Thoughts, Turn
from psychagent.flows.course import build_course
from psychagent.nodes.state import OpenSession
from psychagent.runs.checkpoints.sqlite import open_checkpoints
from tests.support.courses import START, knobs_of, two_sessions
from tests.support.fakes import Cast, filed, spoken

CONFIG: Any = {"configurable": {"thread_id": "cbt:en01"}, "recursion_limit": 60}
SESSION_CHANNELS = {"turns", "usage", "retrieved"}


async def run(cast: Cast, path: Path) -> dict[str, Any]:
    async with open_checkpoints(path) as kept_in:
        graph = build_course(cast.deps, kept_in.saver)
        state: dict[str, Any] = await graph.ainvoke(START, CONFIG, context=knobs_of(cast), durability="sync")
    return state


async def test_state_comes_back_from_sqlite_as_the_same_types(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cast = two_sessions()
    cast.models["client_file"].replies = [
        filed(theory={"core_beliefs": ["I fail"]}),
        filed(theory={"core_beliefs": ["I try"]}),
    ]
    with caplog.at_level(logging.WARNING):
        live = await run(cast, tmp_path / "c.sqlite")
        async with open_checkpoints(tmp_path / "c.sqlite") as kept_in:
            snapshot = await build_course(cast.deps, kept_in.saver).aget_state(CONFIG)
    stored = snapshot.values
    for name, kind in (
        ("case", Case),
        ("memory", Memory),
        ("open", OpenSession),
        ("finished_reason", EndReason),
        ("finished_session", FinishedSession),
    ):
        assert type(stored[name]) is kind, name
        assert stored[name] == live[name], name
    theory = stored["memory"].client_file.theory
    assert theory == CbtTheory(core_beliefs=("I fail", "I try"))
    turn = stored["finished_session"].turns[0]
    assert (type(turn), type(turn.thoughts), type(turn.skills)) == (Turn, Thoughts, tuple)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING], caplog.text


async def test_a_session_stores_only_what_grows(tmp_path: Path) -> None:
    cast = two_sessions()
    await run(cast, tmp_path / "c.sqlite")
    namespaces = Counter[str]()
    async with open_checkpoints(tmp_path / "c.sqlite") as kept_in:
        async for stored in kept_in.saver.alist({"configurable": {"thread_id": "cbt:en01"}}):
            name = stored.config["configurable"]["checkpoint_ns"]
            namespaces["root" if not name else "session"] += 1
            if name:
                kept = {c for c in stored.checkpoint["channel_values"] if not c.startswith(("branch:", "__"))}
                assert kept <= SESSION_CHANNELS, f"{name} stores {kept}"
    assert namespaces["session"] >= 10


async def test_no_turn_of_a_session_copies_the_profile_the_memory_or_a_prompt(tmp_path: Path) -> None:
    cast = two_sessions()
    await run(cast, tmp_path / "c.sqlite")
    problem = START["case"].profile.basic_info.main_problem
    marks = (problem, "sum1 abstract", "How you speak")
    at_root, in_session = Counter[str](), Counter[str]()
    async with open_checkpoints(tmp_path / "c.sqlite") as kept_in:
        async for stored in kept_in.saver.alist({"configurable": {"thread_id": "cbt:en01"}}):
            text = repr(stored.checkpoint["channel_values"]) + repr(stored.pending_writes)
            found = in_session if stored.config["configurable"]["checkpoint_ns"] else at_root
            found.update(mark for mark in marks if mark in text)
    assert at_root[problem], "the course itself knows its case"
    assert not in_session
    assert not at_root["How you speak"], "prompts are stored nowhere"


async def test_what_a_long_session_stores_grows_with_its_length_and_not_with_its_square(
    tmp_path: Path,
) -> None:
    async def stored_bytes(turns: int) -> int:
        path = tmp_path / f"{turns}.sqlite"
        cast = two_sessions(max_sessions=1, max_counselor_turns=turns)
        cast.models["counselor"].replies = [spoken(f"{n} " + "word " * 60) for n in range(turns)]
        cast.models["client"].replies = [f"{n} " + "answer " * 40 for n in range(turns - 1)]
        await run(cast, path)
        return path.stat().st_size

    short, long = await stored_bytes(10), await stored_bytes(40)
    assert long < 4.6 * short
