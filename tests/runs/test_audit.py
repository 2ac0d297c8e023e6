"""The audit of a batch run: beside its files, without a word, and once a turn."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import RecordError
from psychagent.flows.events import SessionClosed
from psychagent.records.audit.check import verify
from psychagent.records.folder import RunFolder
from psychagent.runs.events import InCase
from psychagent.runs.outcome import Status
from psychagent.runs.replay import plan_replay
from psychagent.runs.sample import run_sample
from tests.support.audits import audit_lines, without_chance
from tests.support.endangered import (
    CANARY,
    DANGER,
    Endangered,
    asks_gate,
    audit_of,
    calm,
    endangered_plan,
    gate_at,
)
from tests.support.loopback.server import Call, Http, serve
from tests.support.running import NAME, case_dirs, hearing, load, run_plan

WATCH = {"mode": "watch"}
ACT = {"mode": "act"}


async def held(save_dir: Path, *, safety: dict[str, Any], rollouts: int = 1, **over: Any) -> Path:
    """Hold a course in which danger is voiced; return its audit."""
    with serve(Endangered()) as server:
        plan = endangered_plan(
            save_dir, server.base_url, safety=safety, rollouts=rollouts, reward="safe", **over
        )
        assert (await run_sample(plan)).exit_status() == 0
    return audit_of(save_dir)


def stored_risk(save_dir: Path) -> list[tuple[int, int, int, str]]:
    """List session, turn, level and handling of the findings in session files."""
    sessions = [load(path) for place in case_dirs(save_dir) for path in sorted(place.glob("session_*.json"))]
    return [(s["session_index"], f["turn"], f["level"], f["handling"]) for s in sessions for f in s["risk"]]


@pytest.mark.parametrize(("safety", "card"), [(WATCH, "none"), (ACT, "card")], ids=["watch", "act"])
async def test_a_run_records_what_its_session_files_hold(
    tmp_path: Path, safety: dict[str, Any], card: str
) -> None:
    path = await held(tmp_path, safety=safety)
    lines = audit_lines(path)
    told = [(line["session"], line["turn"], line["level"], line["handling"]) for line in lines]
    assert told == stored_risk(tmp_path)
    assert [(session, turn) for session, turn, level, _ in told if level >= 2] == [(1, 1), (2, 1)]
    assert {line["handling"] for line in lines if line["level"] == 2} == {card}
    assert {line["subject"] for line in lines} == {f"cbt/{case_dirs(tmp_path)[0].name}"}
    assert verify(path).is_whole


async def test_no_word_of_the_dialogue_is_in_the_file(tmp_path: Path) -> None:
    path = await held(tmp_path, safety=ACT)
    text = path.read_text(encoding="utf-8").casefold()
    sessions = [load(file) for file in case_dirs(tmp_path)[0].glob("session_*.json")]
    said = [turn["content"] for session in sessions for turn in session["transcript"]]
    assert any(CANARY in words for words in said)
    assert CANARY not in text
    assert DANGER.casefold() not in text
    assert not [words for words in said if words.casefold()[:20] in text]


async def test_the_model_of_the_gate_is_named_and_its_level_recorded(tmp_path: Path) -> None:
    with serve(Endangered(level=3)) as server:
        plan = endangered_plan(tmp_path, server.base_url, safety=gate_at(server.base_url), max_sessions=1)
        assert (await run_sample(plan)).exit_status() == 0
    first = audit_lines(audit_of(tmp_path))[0]
    asked = {"model": 3, "level": 3, "classifier": "ok", "model_name": "gate", "handling": "takeover"}
    assert first == first | asked


async def test_a_model_that_fails_is_on_record_too(tmp_path: Path) -> None:
    def fails(call: Call, number: int) -> Http | None:
        return Http(status=400, body="no") if asks_gate(call) else calm(call, number)

    with serve(fails) as server:
        safety = gate_at(server.base_url) | {"classifier": "always"}
        plan = endangered_plan(tmp_path, server.base_url, safety=safety, max_sessions=1)
        assert (await run_sample(plan)).exit_status() == 0
    lines = audit_lines(audit_of(tmp_path))
    assert {(line["level"], line["classifier"], line["model"]) for line in lines} == {(0, "failed", None)}
    assert [line["turn"] for line in lines] == [1, 3]


async def test_rollouts_and_their_repetitions_are_told_apart(tmp_path: Path) -> None:
    """Nobody asks about the danger in any of them, so all are held twice."""
    path = await held(tmp_path, safety=WATCH, rollouts=2)
    first = [line for line in audit_lines(path) if (line["session"], line["turn"]) == (1, 1)]
    tries = sorted((line["attempt"], line["rollout"]) for line in first)
    assert tries == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert verify(path).is_whole


async def test_a_run_without_danger_leaves_no_file(tmp_path: Path) -> None:
    with serve(calm) as server:
        assert (await run_sample(run_plan(tmp_path, server.base_url))).exit_status() == 0
    assert case_dirs(tmp_path)
    assert not audit_of(tmp_path).exists()


async def test_a_gate_that_is_off_records_nothing(tmp_path: Path) -> None:
    assert not (await held(tmp_path, safety={"mode": "off"})).exists()


async def test_a_finished_run_that_is_run_again_records_nothing_more(tmp_path: Path) -> None:
    with serve(Endangered()) as server:
        plan = endangered_plan(tmp_path, server.base_url, safety=gate_at(server.base_url))
        await run_sample(plan)
        before = audit_of(tmp_path).read_bytes()
        await run_sample(plan)
    assert audit_of(tmp_path).read_bytes() == before


async def test_an_audit_removed_while_a_course_is_held_fails_it_before_another_reply(tmp_path: Path) -> None:
    with serve(Endangered()) as server:
        plan = endangered_plan(tmp_path, server.base_url, safety=ACT)

        def remove(event: InCase) -> None:
            if isinstance(event.event, SessionClosed) and event.event.session.session_index == 1:
                audit_of(tmp_path).unlink()

        result = await run_sample(hearing(plan, InCase, remove))
        (lost,) = result.outcomes
        assert lost.status is Status.FAILED
        assert lost.failure
        assert "safety.jsonl: was removed while it was written to" in lost.failure.message
        assert server.calls[-1].role == "client", "nothing was said in answer"
        assert (await run_sample(plan)).exit_status() == 0
    assert {line["session"] for line in audit_lines(audit_of(tmp_path))} == {2}


async def test_overwriting_a_run_removes_its_audit_with_it(tmp_path: Path) -> None:
    with serve(Endangered()) as server:
        plan = endangered_plan(tmp_path, server.base_url, safety=WATCH)
        await run_sample(plan)
        before = without_chance(audit_of(tmp_path))
        audit_of(tmp_path).write_text("damaged\n")
        with pytest.raises(RecordError, match=r"safety\.jsonl, line 1: is no line of an audit"):
            await run_sample(plan)
        await run_sample(replace(plan, overwrite=True))
    assert without_chance(audit_of(tmp_path)) == before


async def test_a_course_whose_folder_was_deleted_is_recorded_anew(tmp_path: Path) -> None:
    with serve(Endangered()) as server:
        plan = endangered_plan(tmp_path, server.base_url, safety=WATCH)
        await run_sample(plan)
        before = without_chance(audit_of(tmp_path))
        shutil.rmtree(case_dirs(tmp_path)[0])
        server.behave = calm
        await run_sample(plan)
    after = without_chance(audit_of(tmp_path))
    assert after[: len(before)] == before
    assert [line["event"] for line in after[len(before) :]] == ["restart"]
    assert stored_risk(tmp_path) == [], "no level is taken over from the course before"


@pytest.mark.parametrize("rollouts", [1, 2])
async def test_a_replay_has_an_audit_of_its_own_with_the_same_content(tmp_path: Path, rollouts: int) -> None:
    with serve(Endangered()) as server:
        safety = gate_at(server.base_url)
        plan = endangered_plan(
            tmp_path / "a", server.base_url, safety=safety, rollouts=rollouts, max_sessions=1
        )
        machine = plan.runtime.machine.model_copy(update={"log_calls": True})
        plan = replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))
        assert (await run_sample(plan)).exit_status() == 0
        before = audit_of(tmp_path / "a").read_bytes()
    played = await run_sample(plan_replay(RunFolder(tmp_path / "a" / NAME), tmp_path / "b"))
    assert played.exit_status() == 0
    assert audit_of(tmp_path / "a").read_bytes() == before
    in_order = [sorted(map(json.dumps, without_chance(audit_of(tmp_path / name)))) for name in "ab"]
    assert in_order[0] == in_order[1]
    assert verify(audit_of(tmp_path / "b")).is_whole
