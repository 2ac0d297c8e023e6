"""`--log-calls`: the journals stay as the log of all calls, and answer nothing that is to be asked anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.call import CallId, Place
from psychagent.evals.evaluate import run_eval
from psychagent.llm.journal import Kept, Key
from psychagent.records.calls import read_journal
from psychagent.runs.journals.file import FileJournals
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.children import finish, psychagent, wait_for
from tests.support.eval_runs import eval_plan, eval_settings_at, files, make_run
from tests.support.journaled import journal_lines, journals_in
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.rolling import rollout_plan, seeded
from tests.support.running import NAME, case_dirs, keys, manifest, run_plan, write_yaml


def logging_calls(plan: SamplePlan) -> SamplePlan:
    machine = plan.runtime.machine.model_copy(update={"log_calls": True})
    return replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))


def lines_in(folder: Path) -> list[Any]:
    """Read what the logs hold of calls to models."""
    paths = journals_in(folder)
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in paths), "prompts are for their owner alone"
    return [line for path in paths for line in journal_lines(path)[1:] if line.get("cost")]


def prompts(parts: list[Any]) -> list[str]:
    return sorted(json.dumps(part["messages"], sort_keys=True) for part in parts)


@pytest.mark.parametrize("rollouts", [False, True])
async def test_the_log_holds_what_was_asked_and_answered_in_each_call(tmp_path: Path, rollouts: bool) -> None:
    answers: list[str] = []

    def behave(call: Call, number: int) -> Http | None:
        answer = seeded(call, number)
        if call.role == "client" and not answers:
            answer = Http(body=chat_body(""))
        if answer:
            assert isinstance(answer.body, dict)
            answers.append(answer.body["choices"][0]["message"]["content"])
        return answer

    make = rollout_plan if rollouts else run_plan
    with serve(behave) as server:
        plan = logging_calls(make(tmp_path, server.base_url, cases=2))
        assert (await run_sample(plan)).exit_status() == 0
        lines = lines_in(tmp_path / NAME)
        assert prompts(lines) == prompts([call.body for call in server.calls])
        told = [line["value"]["content"] for line in lines]
        assert set(answers) <= set(told)
        totals = manifest(tmp_path)["totals"]
        assert sum(line["cost"]["calls"] for line in lines) == sum(part["calls"] for part in totals.values())
        before = {path: path.read_bytes() for path in journals_in(tmp_path / NAME)}
        assert [path.stem for path in before] == ["en01", "en02"]

        made = len(server.calls)
        again = await run_sample(plan)
        assert (again.exit_status(), again.replies_taken, len(server.calls)) == (0, 0, made)
    assert {path: path.read_bytes() for path in journals_in(tmp_path / NAME)} == before
    assert len(case_dirs(tmp_path)) == 2, "the log is no case"


async def test_without_the_option_nothing_of_a_finished_run_stays(tmp_path: Path) -> None:
    with serve() as server:
        assert (await run_sample(run_plan(tmp_path, server.base_url, cases=2))).exit_status() == 0
    assert not (tmp_path / NAME / "calls").exists()


@pytest.mark.slow
async def test_the_log_of_a_run_that_was_killed_holds_each_reply_once(tmp_path: Path) -> None:
    save_dir = tmp_path / "runs"
    with serve(delay_sec=0.02) as server:
        plan = logging_calls(run_plan(save_dir, server.base_url))
        for calls in (5, 12):
            with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
                assert wait_for(lambda calls=calls: len(server.calls) >= calls, process)  # type: ignore[misc]
                process.kill()
                finish(process)
        result = await run_sample(plan)
        assert result.exit_status() == 0
        lines = lines_in(save_dir / NAME)
        asked = {key: json.loads(key)[1] for key in keys(server.calls)}
    assert prompts(lines) == prompts(list(asked.values())), "also where a request was made twice"
    totals = manifest(save_dir)["totals"]
    assert sum(part["calls"] for part in totals.values()) == len(lines)


async def test_a_run_that_is_overwritten_is_asked_anew_although_its_log_was_kept(tmp_path: Path) -> None:
    with serve() as server:
        plan = logging_calls(run_plan(tmp_path, server.base_url))
        await run_sample(plan)
        made = len(server.calls)
        result = await run_sample(replace(plan, overwrite=True))
        assert (len(server.calls), result.replies_taken) == (2 * made, 0)
    assert len(lines_in(tmp_path / NAME)) == made


async def test_a_run_whose_calls_were_logged_is_judged_like_any_other(tmp_path: Path) -> None:
    with serve(loopback_reply) as server:
        await run_sample(logging_calls(run_plan(tmp_path, server.base_url, max_sessions=1)))
        plan = eval_plan(tmp_path / NAME, tmp_path / "out", settings=eval_settings_at(server))
        result = await run_eval(plan)
    assert len(result.sessions) == 1
    assert result.broken == ()


async def test_an_evaluation_that_logs_its_calls_asks_none_of_them_again(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", sessions=2), tmp_path / "out"
    with serve(loopback_reply) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server), log_calls=True)
        await run_eval(plan)
        before, made = files(out), len(server.calls)
        assert prompts(lines_in(out)) == prompts([call.body for call in server.calls])
        await run_eval(plan)
        assert len(server.calls) == made
        assert files(out) == before
        assert len(lines_in(out)) == made


async def test_without_resume_a_log_answers_nothing(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with serve(loopback_reply) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server), log_calls=True)
        await run_eval(plan)
        made = len(server.calls)
        await run_eval(replace(plan, resume=False))
        assert len(server.calls) == 2 * made


async def test_a_scale_that_is_missing_is_asked_anew_although_the_log_holds_its_replies(
    tmp_path: Path,
) -> None:
    broken = {"yes": True}

    def behave(call: Call, number: int) -> Http | None:
        about_srs = "Scale SRS" in call.body["messages"][1]["content"]
        return Http(body=chat_body("{}")) if about_srs and broken["yes"] else loopback_reply(call, number)

    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with serve(behave) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server), log_calls=True)
        first = await run_eval(plan)
        assert first.sessions[0].scales["SRS"].status == "missing"
        broken["yes"], made = False, len(server.calls)
        second = await run_eval(plan)
        assert second.sessions[0].scales["SRS"].status == "ok"
        assert len(server.calls) == made + 1


async def test_a_log_stays_whatever_later_commands_say(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, cases=1, max_sessions=1)
        await run_sample(logging_calls(plan))
        path = next((tmp_path / NAME / "calls").rglob("*.jsonl"))
        kept = path.read_bytes()
        await run_sample(run_plan(tmp_path, server.base_url, cases=2, max_sessions=1))
    assert path.read_bytes() == kept
    assert len(list((tmp_path / NAME / "calls").rglob("*.jsonl"))) == 1, "that of the second case is gone"


def test_a_log_that_another_judge_filled_is_put_aside(tmp_path: Path) -> None:
    for made_with in ("one", "another", "a third"):
        journals = FileJournals(tmp_path, keep=True)
        journals.open("cbt/en01", made_with=made_with)
        journals.add(Key(CallId(Place("cbt/en01", 1), "judge"), 0, "d"), Kept({"content": made_with}))
        journals.close("cbt/en01", finished=True)
    names = sorted(p.name for p in tmp_path.rglob("*.jsonl"))
    assert names == ["en01.earlier-1.jsonl", "en01.earlier-2.jsonl", "en01.jsonl"]


def test_a_log_may_begin_in_the_middle_of_a_course(tmp_path: Path) -> None:
    for keep in (False, True):
        journals = FileJournals(tmp_path, keep=keep)
        journals.open("cbt/en01")
        key = Key(CallId(Place("cbt/en01", 1), "client", str(keep)), 0, "d")
        journals.add(key, Kept({"content": "x"}), [{"role": "user", "content": "Hi"}])
        journals.close("cbt/en01", finished=keep)
    read = read_journal(journals.path("cbt/en01"))
    assert read is not None
    assert read[0].kept
    assert [bool(call.messages) for call in read[1]] == [False, True]


async def test_a_log_answers_for_no_missing_scale_whoever_kept_it(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    odd = Http(body=chat_body("{}"))
    with serve(lambda call, n: odd) as server:
        settings = eval_settings_at(server)
        await run_eval(eval_plan(data, out, settings=settings, methods=("WAI",), log_calls=True))
        for _ in range(2):
            made = server.count()
            await run_eval(eval_plan(data, out, settings=settings, methods=("WAI",)))
            assert server.count() > made, "a missing scale is asked anew"
    assert journals_in(out), "the log stays"
