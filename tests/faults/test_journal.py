"""A journal that is damaged, foreign, removed or from another judge: its case fails by name, or asks anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from psychagent.evals.evaluate import run_eval
from psychagent.llm.journal import Kept
from psychagent.runs.outcome import Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.eval_runs import METHODS, eval_plan, eval_settings_at, files, make_run
from tests.support.journaled import COST, change_head, journals_in, key_of, open_journal
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, LoopbackServer, chat_body, serve
from tests.support.running import NAME, course_file, keys, manifest, repeats, run_plan


async def interrupted(
    tmp_path: Path, server: LoopbackServer, *, cases: int = 2, role: str = "client"
) -> SamplePlan:
    """Leave journals behind: every case fails at its first call of a role."""
    server.behave = lambda call, number: Http(status=500) if call.role == role else None
    plan = run_plan(tmp_path, server.base_url, cases=cases, max_retries=0)
    assert (await run_sample(plan)).count() == {Status.FAILED: cases}
    server.behave = None
    return plan


def cut_in_the_middle(path: Path) -> None:
    head, first, *rest = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([head, first[:-5], *rest]))


def of_another_course(path: Path) -> None:
    change_head(path, calls_of="cbt/en09")


def of_a_later_version(path: Path) -> None:
    change_head(path, schema_version=2)


def of_another_program(path: Path) -> None:
    path.write_text("time,mood\n1,fair\n")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_odd_bytes(path: Path) -> None:
    path.write_bytes(b"\x00\xff" * 40 + b"\n" + path.read_bytes())


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "damaged": (cut_in_the_middle, ", line 2: is not a call's answer; remove the line to ask that call anew"),
    "of another course": (of_another_course, ": is the journal of 'cbt/en09'; move it to its place"),
    "of a later version": (of_a_later_version, ": schema_version is 2, and this version reads 1"),
    "foreign": (of_another_program, ": its first line is not that of a journal of calls; move the file away"),
    "a folder": (
        a_folder,
        ": cannot be read (Is a directory); move away the folder that stands in",
    ),
    "of odd bytes": (of_odd_bytes, ": its first line is not that of a journal of calls; move the file away"),
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_a_journal_that_cannot_be_used_fails_its_case_alone(tmp_path: Path, kind: str) -> None:
    damage, told = REFUSED[kind]
    with serve() as server:
        plan = await interrupted(tmp_path, server)
        path = journals_in(tmp_path / NAME)[0]
        damage(path)
        before = path.is_file() and path.read_bytes()
        result = await run_sample(plan)
        assert result.count() == {Status.FAILED: 1, Status.ENDED_BY_LIMIT: 1}
        assert course_file(tmp_path, 0)["failure"]["message"].startswith(f"{path}{told}")
        assert course_file(tmp_path, 0)["failure"]["error"] == "RecordError"
        assert (path.is_file() and path.read_bytes()) == before, "nothing of it is lost"
        # another course's can be read, and what it cost counted
        warned = "costs are counted from here" in (tmp_path / NAME / "run.log").read_text(encoding="utf-8")
        assert warned == (kind != "of another course")
        path.unlink() if before else path.rmdir()
        assert (await run_sample(plan)).exit_status() == 0


async def test_a_journal_removed_while_the_run_works_fails_its_case_and_is_not_made_again(
    tmp_path: Path,
) -> None:
    removed: list[Path] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "client" and not removed:
            removed.extend(journals_in(tmp_path / NAME))
            removed[0].unlink()
        return None

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url)
        result = await run_sample(plan)
        assert result.count() == {Status.FAILED: 1}
        assert course_file(tmp_path)["failure"]["message"] == (
            f"{removed[0]}: was removed while the run works; run the same command again"
        )
        assert not removed[0].exists()
        assert (await run_sample(plan)).exit_status() == 0
    assert manifest(tmp_path)["cases"] == {"finished by max_sessions": 1}


async def test_replies_that_were_asked_for_in_other_words_are_not_taken(tmp_path: Path) -> None:
    with serve() as server:
        plan = await interrupted(tmp_path, server, cases=1, role="filter")
        journal = open_journal(tmp_path / NAME / "calls")
        stale = key_of(rollout=-1, role="filter", part="", digest="of another prompt")
        journal.add(stale, Kept({"content": json.dumps({"meta_skill_ids": []})}, COST))
        made = len(server.calls)
        result = await run_sample(plan)
        assert (result.exit_status(), result.replies_taken) == (0, 0)
        assert server.calls[made].role == "filter"


@pytest.mark.parametrize("kind", REFUSED)
async def test_a_journal_that_cannot_be_used_loses_the_scales_of_its_session_alone(
    tmp_path: Path, kind: str
) -> None:
    damage, told = REFUSED[kind]
    data, out = make_run(tmp_path, "en01", "en02", "en03"), tmp_path / "out"

    def behave(call: Call, number: int) -> Http | None:
        return Http(status=401) if number >= 6 else loopback_reply(call, number)

    with serve(behave) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server, concurrency=1))
        # stopped by a key that is refused, it leaves journals behind
        assert (await run_eval(plan)).interrupted
        path = journals_in(out)[0]
        damage(path)
        late = path.relative_to(out / "calls").with_suffix("").as_posix().replace(".", "/")
        server.behave = loopback_reply
        result = await run_eval(plan)
        assert len(result.sessions) == 3
        assert {where for where, _, _ in result.missing} == {late}
        assert {name for _, name, _ in result.missing} == set(METHODS)
        assert {reason.startswith(f"{path}{told}") for _, _, reason in result.missing} == {True}
        assert result.exit_status() == 1
        assert "Traceback" not in (out / "eval.log").read_text()
        path.unlink() if path.is_file() else path.rmdir()
        again = await run_eval(plan)
        assert (again.missing, again.exit_status()) == ([], 0)


async def test_the_journal_of_another_judge_is_dropped(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    whole = tmp_path / "whole"

    def fails_late(call: Call, number: int) -> Http | None:
        if number == 4:
            journals_in(out)[0].unlink()
        return loopback_reply(call, number)

    with serve(fails_late) as server:
        settings = eval_settings_at(server, concurrency=1)
        result = await run_eval(eval_plan(data, out, settings=settings))
        assert {"was removed while the run works" in reason for _, _, reason in result.missing} == {True}
        assert result.exit_status() == 1
        assert not journals_in(out)
    with serve(loopback_reply) as server:
        settings = eval_settings_at(server, concurrency=1)
        await run_eval(eval_plan(data, whole, settings=settings))
        made = len(server.calls)
        path = out / "calls/cbt/en01.session_1.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"calls_of":"cbt/en01/session_1","schema_version":1,"made_with":"another"}\n')
        result = await run_eval(eval_plan(data, out, settings=settings))
        # what was filled in before the journal was removed is kept, in one call
        assert (result.replies_taken, len(server.calls)) == (0, 2 * made - 1)
    assert files(out) == files(whole)
    assert not (out / "calls").exists()


async def test_a_stored_reply_that_is_malformed_is_mended_as_it_was_before(tmp_path: Path) -> None:
    """The second attempt tells what was wrong with the first, also where the first is a stored one."""
    answers = [Http(body=chat_body("no form")), Http(status=500)]

    def behave(call: Call, number: int) -> Http | None:
        return answers.pop(0) if call.role == "counselor" and answers else None

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url, max_retries=1)
        assert (await run_sample(plan)).count() == {Status.FAILED: 1}
        failed = [call for call in server.calls if call.role == "counselor"]
        assert (await run_sample(plan)).exit_status() == 0
        again = [call for call in server.calls if call.role == "counselor"][2:]
    assert keys(again)[0] == keys(failed)[0], "a call that failed for good begins anew"
    assert repeats(server.calls) == {"counselor": 1}
