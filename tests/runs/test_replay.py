"""A run played again from its log of calls: the same files, and nobody is asked."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.cli.main import app
from psychagent.errors import RecordError
from psychagent.files.seal import KEY
from psychagent.records.folder import RunFolder
from psychagent.runs.events import CallAnswered
from psychagent.runs.outcome import Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.replay import plan_replay
from psychagent.runs.sample import run_sample
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.running import NAME, case_dirs, course_file, hearing, load, run_plan

RUNNER = CliRunner()
BOOKKEEPING = {".lock", "run.log", "checkpoints.sqlite"}


def logging_calls(plan: SamplePlan) -> SamplePlan:
    machine = plan.runtime.machine.model_copy(update={"log_calls": True})
    return replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))


def files(folder: Path) -> dict[str, bytes]:
    """Return what a run wrote, without what any run keeps for itself."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in BOOKKEEPING and "calls" not in path.parts
    }


def without_tracebacks(save_dir: Path) -> dict[str, str]:
    """Return what a run wrote, but where in the program something failed: in a replay it fails elsewhere."""
    texts = {name: data.decode() for name, data in files(save_dir).items()}
    seal = rf',\s*"{KEY}": "\w*"'
    return {
        name: re.sub(r'"traceback": ".*"', '"traceback": ""', re.sub(seal, "", text))
        for name, text in texts.items()
    }


def run_of(save_dir: Path) -> RunFolder:
    return RunFolder(save_dir / NAME)


async def test_a_run_is_played_again_from_its_log_with_the_same_files_and_no_call(tmp_path: Path) -> None:
    stumbles = [Http(status=503), Http(body=chat_body("no tags at all"))]

    def behave(call: Call, number: int) -> Http | None:
        return stumbles.pop() if call.role == "counselor" and stumbles else None

    with serve(behave) as server:
        plan = logging_calls(run_plan(tmp_path / "a", server.base_url, cases=2))
        result = await run_sample(plan)
    assert result.exit_status() == 0
    asked: list[CallAnswered] = []
    again = plan_replay(run_of(tmp_path / "a"), tmp_path / "b")
    played = await run_sample(hearing(again, CallAnswered, asked.append))
    assert played.exit_status() == 0
    assert played.replies_taken == played.usage().total().calls == len(server.calls) - 1
    assert asked == [], "the server is gone"
    assert files(tmp_path / "b") == files(tmp_path / "a")
    assert not run_of(tmp_path / "b").calls.exists()


async def test_a_run_with_rollouts_is_played_again_too(tmp_path: Path) -> None:
    rft = RftSettings(rollout_n=2, min_rollouts=2)
    with serve() as server:
        plan = logging_calls(replace(run_plan(tmp_path / "a", server.base_url, max_sessions=1), rft=rft))
        await run_sample(plan)
    played = await run_sample(plan_replay(run_of(tmp_path / "a"), tmp_path / "b"))
    assert played.exit_status() == 0
    assert files(tmp_path / "b") == files(tmp_path / "a")


async def test_a_rollout_that_failed_fails_again(tmp_path: Path) -> None:
    refused: list[str] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "client" and not refused:
            refused.append(call.role)
            return Http(status=400, body="no")
        return loopback_reply(call, number) if call.role == "judge" else None

    rft = RftSettings(rollout_n=3, min_rollouts=2)
    with serve(behave) as server:
        plan = logging_calls(replace(run_plan(tmp_path / "a", server.base_url, max_sessions=1), rft=rft))
        assert (await run_sample(plan)).exit_status() == 0
    session = load(case_dirs(tmp_path / "a")[0] / "session_1.json")
    assert sum(bool(c["failure"]) for c in session["rollout_data"]["rollout_candidates"]) == 1
    played = await run_sample(plan_replay(run_of(tmp_path / "a"), tmp_path / "b"))
    assert played.exit_status() == 0
    assert without_tracebacks(tmp_path / "b") == without_tracebacks(tmp_path / "a")


async def test_a_replay_is_not_gone_on_with_and_leaves_its_run_alone(tmp_path: Path) -> None:
    with serve() as server:
        await run_sample(logging_calls(run_plan(tmp_path / "a", server.base_url, max_sessions=1)))
    log = next(run_of(tmp_path / "a").calls.rglob("*.jsonl"))
    torn = log.read_bytes()[:-7]
    log.write_bytes(torn)
    played = await run_sample(plan_replay(run_of(tmp_path / "a"), tmp_path / "b"))
    assert played.count() == {Status.PARTIAL: 1}
    assert log.read_bytes() == torn
    with pytest.raises(RecordError, match="is there already; name another --save-dir, or --overwrite it"):
        plan_replay(run_of(tmp_path / "a"), tmp_path / "b")
    plan_replay(run_of(tmp_path / "a"), tmp_path / "b", overwrite=True)


async def test_a_key_that_a_run_needed_is_not_needed_again(tmp_path: Path) -> None:
    with serve() as server:
        plan = logging_calls(
            run_plan(tmp_path / "a", server.base_url, max_sessions=1, api_key_env="SOME_KEY")
        )
        await run_sample(replace(plan, env={"SOME_KEY": "sk-1"}))
    played = await run_sample(plan_replay(run_of(tmp_path / "a"), tmp_path / "b"))
    assert played.exit_status() == 0
    assert files(tmp_path / "b") == files(tmp_path / "a")


async def test_an_unfinished_course_is_played_as_far_as_its_journal_goes(tmp_path: Path) -> None:
    def behave(call: Call, number: int) -> Http | None:
        return Http(status=400, body="no") if call.role == "client" and number > 5 else None

    with serve(behave) as server:
        plan = run_plan(tmp_path / "a", server.base_url)
        assert (await run_sample(plan)).count() == {Status.FAILED: 1}
    played = await run_sample(plan_replay(run_of(tmp_path / "a"), tmp_path / "b"))
    assert played.count() == {Status.PARTIAL: 1}
    assert played.usage().total().calls == len(server.calls) - 1, "as far as answers go"
    assert course_file(tmp_path / "b")["status"] == "partial"


async def test_a_run_without_a_log_cannot_be_played_again(tmp_path: Path) -> None:
    with serve() as server:
        await run_sample(run_plan(tmp_path / "a", server.base_url, max_sessions=1))
    with pytest.raises(RecordError, match=r"holds no log of calls; a run keeps one with --log-calls"):
        plan_replay(run_of(tmp_path / "a"), tmp_path / "b")


async def test_a_run_is_not_written_over_itself(tmp_path: Path) -> None:
    with serve() as server:
        await run_sample(logging_calls(run_plan(tmp_path / "a", server.base_url, max_sessions=1)))
    with pytest.raises(RecordError, match="is the run itself; name another --save-dir"):
        plan_replay(run_of(tmp_path / "a"), tmp_path / "a", overwrite=True)


async def test_what_the_run_was_made_with_must_be_there_still(tmp_path: Path) -> None:
    root = tmp_path / "profiles"
    source = asset_dir("profiles") / "en" / "sample" / "en01.yaml"
    target = root / "sample" / "en01.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    with serve() as server:
        plan = logging_calls(run_plan(tmp_path / "a", server.base_url, max_sessions=1))
        plan = replace(plan, dataset=plan.dataset.model_copy(update={"root": root}))
        assert (await run_sample(plan)).exit_status() == 0
    changed = yaml.safe_load(source.read_text(encoding="utf-8"))
    changed["basic_info"]["main_problem"] = "Something else."
    target.write_text(yaml.safe_dump(changed), encoding="utf-8")
    with pytest.raises(RecordError, match=r"made with profile 'cbt/en01' = .*; go back to it"):
        await run_sample(plan_replay(run_of(tmp_path / "a"), tmp_path / "b"))


async def test_a_journal_whose_answers_were_given_to_other_questions_fails_its_case(tmp_path: Path) -> None:
    with serve() as server:
        await run_sample(logging_calls(run_plan(tmp_path / "a", server.base_url, max_sessions=1)))
    path = next(run_of(tmp_path / "a").calls.rglob("*.jsonl"))
    lines = path.read_text(encoding="utf-8").split("\n")
    spoken = next(n for n, line in enumerate(lines) if '"role":"client"' in line)
    call = json.loads(lines[spoken])
    # a line of an earlier version has no check sum
    del call["crc"]
    call["value"]["content"] = "I said something else."
    lines[spoken] = json.dumps(call)
    path.write_text("\n".join(lines), encoding="utf-8")
    played = await run_sample(plan_replay(run_of(tmp_path / "a"), tmp_path / "b"))
    assert played.count() == {Status.FAILED: 1}
    failure = played.outcomes[0].failure
    assert failure is not None
    assert "rewrite 2 of session 1 was asked something else then" in failure.message


def test_the_command_says_that_nothing_was_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = RUNNER.invoke(app, ["sample", "--max-cases", "1", "--max-sessions", "1", "--log-calls"])
    assert done.exit_code == 0
    done = RUNNER.invoke(app, ["replay", "runs/offline"])
    assert done.exit_code == 0
    assert "Replies taken from journals and not asked for again: " in done.output
    assert files(tmp_path / "replay" / "offline") == files(tmp_path / "runs" / "offline")
