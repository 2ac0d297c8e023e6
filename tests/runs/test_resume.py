"""Going on with a run: what is mended, what is refused, and that finished work is never done again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.errors import RecordError
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import read_manifest
from psychagent.runs.outcome import RunResult, Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Http, LoopbackServer, chat_body, serve
from tests.support.running import NAME, always, case_dirs, course_file, load, manifest, repeats, run_plan

pytestmark = pytest.mark.slow

SHORT: dict[str, Any] = {"max_counselor_turns": 1}


async def finished_run(save_dir: Path, server: LoopbackServer, **over: Any) -> SamplePlan:
    """Run a case to its end."""
    plan = run_plan(save_dir, server.base_url, **(SHORT | over))
    assert (await run_sample(plan)).exit_status() == 0
    return plan


async def half_run(save_dir: Path, server: LoopbackServer, **over: Any) -> SamplePlan:
    """Run a case until the second session's summary, which is refused."""
    plan = run_plan(save_dir, server.base_url, **(SHORT | over))
    seen = {"summary": 0}

    def behave(call: Any, number: int) -> Http | None:
        seen["summary"] += call.role == "summary"
        return Http(status=400, body="no") if call.role == "summary" and seen["summary"] > 1 else None

    server.behave = behave
    assert (await run_sample(plan)).exit_status() == 1
    server.behave = None
    return plan


def reason(result: RunResult) -> str:
    failures = [outcome.failure for outcome in result.outcomes if outcome.failure]
    assert len(failures) == 1
    return failures[0].message


async def test_a_finished_run_is_resumed_without_a_call(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        made, before = len(server.calls), manifest(tmp_path)
        result = await run_sample(plan)
        assert len(server.calls) == made
    assert result.exit_status() == 0
    assert manifest(tmp_path) == before


async def test_more_cases_may_be_asked_for_later_and_totals_are_of_all_that_is_stored(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        more = replace(plan, dataset=plan.dataset.model_copy(update={"max_cases": 2}))
        result = await run_sample(more)
        assert result.count() == {Status.ENDED_BY_LIMIT: 2}
        assert not repeats(server.calls)
        await run_sample(plan)
        counted = sum(part["calls"] for part in manifest(tmp_path)["totals"].values())
        assert counted == len(server.calls), "the case that was left out this time counts too"
        assert manifest(tmp_path)["cases"] == {"finished by max_sessions": 2}


async def test_another_model_is_refused_by_name_unless_the_run_is_overwritten(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        made = len(server.calls)
        other = replace(plan, baseline=changed(plan.baseline, {"counselor.model": "larger"}))
        with pytest.raises(RecordError) as caught:
            await run_sample(other)
        assert len(server.calls) == made
        told = str(caught.value)
        assert "made with baseline 'counselor.model' = 'loopback', now 'larger'" in told
        assert "--overwrite" in told
        assert str(tmp_path / NAME / "manifest.json") in told

        result = await run_sample(replace(other, overwrite=True))
        assert result.exit_status() == 0
        assert len(server.calls) == 2 * made
    assert manifest(tmp_path)["models"]["counselor"] == "larger"
    assert sum(part["calls"] for part in manifest(tmp_path)["totals"].values()) == made


CHANGES: dict[str, tuple[str, str, object]] = {
    "temperature": ("baseline", "counselor.temperature", 1.9),
    "reply format": ("baseline", "reply_format", "json"),
    "query": ("baseline", "retrieval.query", "utterance"),
    "skills a turn": ("baseline", "retrieval.top_k", 1),
    "memory": ("baseline", "memory_tokens", 400),
    "sessions": ("baseline", "max_sessions", 3),
    "turns": ("baseline", "max_counselor_turns", 9),
    "end token": ("baseline", "end_token", "[END]"),
    "sent with every call": ("baseline", "counselor.extra_body", {"top_k": 3}),
    "client's model": ("runtime", "world.client.model", "other"),
    "client's temperature": ("runtime", "world.client.temperature", 0.1),
    "language": ("runtime", "world.language", "zh"),
    "seed": ("runtime", "world.seed", 5),
    "how profiles are read": ("dataset", "format", "profiles"),
}
HARMLESS: dict[str, tuple[str, str, object]] = {
    "address": ("baseline", "counselor.base_url", "http://localhost:{port}/v1"),
    "time-out": ("baseline", "counselor.timeout_sec", 21),
    "retries": ("runtime", "world.client.max_retries", 5),
    "cases at a time": ("runtime", "machine.concurrency", 9),
    "calls at a time": ("runtime", "machine.max_parallel_calls", 2),
    "log": ("runtime", "machine.log_level", "debug"),
    "more cases": ("dataset", "max_cases", 2),
    "more modalities": ("dataset", "modalities", ["cbt", "bt"]),
}


def changed(settings: Any, change: dict[str, object]) -> Any:
    """Return settings with the fields at some dotted paths changed."""
    given = settings.model_dump(mode="json")
    for path, value in change.items():
        *outer, last = path.split(".")
        place = given
        for name in outer:
            place = place[name]
        place[last] = value
    return type(settings).model_validate(given)


@pytest.mark.parametrize(("part", "field", "value"), CHANGES.values(), ids=CHANGES)
async def test_a_run_is_not_gone_on_with_under_another_condition(
    tmp_path: Path, part: str, field: str, value: object
) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        made, before = len(server.calls), (tmp_path / NAME / "manifest.json").read_bytes()
        other = replace(plan, **{part: changed(getattr(plan, part), {field: value})})
        with pytest.raises(RecordError) as caught:
            await run_sample(other)
        assert len(server.calls) == made
    leaf = f"'{field.removeprefix('world.')}"
    assert leaf in str(caught.value)
    assert f"now {value!r}" in str(caught.value) or "extra_body" in field
    assert (tmp_path / NAME / "manifest.json").read_bytes() == before, "nothing is written over"


@pytest.mark.parametrize(("part", "field", "value"), HARMLESS.values(), ids=HARMLESS)
async def test_what_cannot_change_a_result_may_differ(
    tmp_path: Path, part: str, field: str, value: object
) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        port = server.base_url.rsplit(":", 1)[1].split("/")[0]
        given = value.format(port=port) if isinstance(value, str) else value
        other = replace(plan, **{part: changed(getattr(plan, part), {field: given})})
        assert (await run_sample(other)).exit_status() == 0


async def test_a_changed_profile_is_refused_by_its_case(tmp_path: Path) -> None:
    root = tmp_path / "profiles"
    shutil.copytree(asset_dir("profiles") / "en", root)
    with serve() as server:
        plan = run_plan(tmp_path / "runs", server.base_url, **SHORT)
        plan = replace(plan, dataset=plan.dataset.model_copy(update={"root": root}))
        assert (await run_sample(plan)).exit_status() == 0
        with next(root.rglob("en01.yaml")).open("a", encoding="utf-8") as stream:
            stream.write("\n# one more line\n")
        with pytest.raises(RecordError, match=r"made with profile 'cbt/en01' = '\w{12}…', now"):
            await run_sample(plan)


async def test_a_run_of_an_earlier_version_is_refused_in_a_sentence_and_stays_readable(
    tmp_path: Path,
) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        path = tmp_path / NAME / "manifest.json"
        path.write_text(json.dumps(as_version_1(load(path))), encoding="utf-8")
        with pytest.raises(
            RecordError, match="begun by an earlier version.*its files stay readable"
        ) as caught:
            await run_sample(plan)
        assert "\n" not in str(caught.value)
    read = read_manifest(path)
    assert read.settings.baseline == plan.baseline
    assert read.settings.runtime == plan.runtime


def as_version_1(data: dict[str, Any]) -> dict[str, Any]:
    """Write a manifest as the first version did."""
    settings = data.pop("settings")
    baseline, runtime = settings["baseline"], settings["runtime"]
    moved = ("reflector", "retrieval", "embedding", "skills_root", "prompts_root", "memory_tokens")
    around = {name: baseline.pop(name) for name in moved}
    hashes: dict[str, Any] = data.pop("hashes")
    return (
        data
        | hashes
        | {
            "schema_version": 1,
            "conditions": {"language": runtime["world"]["language"], "rollouts": 1},
            "seed": runtime["world"]["seed"],
            "settings": {
                "baseline": baseline.pop("counselor") | baseline,
                "runtime": runtime["world"] | runtime["machine"] | around,
                "dataset": settings["dataset"],
                "rft": None,
            },
        }
    )


@pytest.mark.parametrize(
    ("kind", "file"),
    [("prompts", "en/counselor/system.jinja2"), ("skills", "en/cbt/conceptualization.yaml")],
)
async def test_a_changed_prompt_or_skill_file_is_refused_by_name(
    tmp_path: Path, kind: str, file: str
) -> None:
    root = tmp_path / kind
    shutil.copytree(asset_dir(kind), root)
    with serve() as server:
        plan = run_plan(tmp_path / "runs", server.base_url, **SHORT)
        plan = replace(plan, baseline=plan.baseline.model_copy(update={f"{kind}_root": root}))
        assert (await run_sample(plan)).exit_status() == 0
        with (root / file).open("a", encoding="utf-8") as stream:
            stream.write("\n# one more line\n" if file.endswith("yaml") else "One more line.\n")
        with pytest.raises(RecordError, match=rf"made with {kind} '.*{Path(file).stem}") as caught:
            await run_sample(plan)
    assert "--overwrite" in str(caught.value)


async def test_a_run_that_is_not_to_be_resumed_is_refused(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        made = len(server.calls)
        with pytest.raises(RecordError, match="holds a run; continue it with --resume, or --overwrite it"):
            await run_sample(replace(plan, resume=False))
        assert len(server.calls) == made


async def test_overwriting_removes_what_the_run_wrote_and_nothing_else(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        case = case_dirs(tmp_path)[0]
        (case.parent / "another").mkdir()
        (tmp_path / NAME / "calls").mkdir()
        names = ("notes.txt", "checkpoints.sqlite.bak", "calls/notes.md", "cbt/another/notes.json")
        mine = [tmp_path / NAME / name for name in names] + [case / "session_notes.json"]
        for path in mine:
            path.write_text("mine")
        stale = case_dirs(tmp_path)[0] / "session_9.json"
        stale.write_text("{}")
        await run_sample(replace(plan, overwrite=True))
    assert not stale.exists()
    assert {path.name: path.read_text() for path in mine if path.exists()} == {p.name: "mine" for p in mine}


async def test_overwriting_leaves_a_chat_alone(tmp_path: Path) -> None:
    """A person's chat has a manifest too, and lies where a run of the same name would."""
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        (tmp_path / NAME / "chat.json").write_text("{}")
        before = tree_of(tmp_path)
        with pytest.raises(RecordError, match="holds a chat, not a run; name another --save-dir"):
            await run_sample(replace(plan, overwrite=True))
        assert tree_of(tmp_path) == before


def tree_of(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder but the log."""
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix != ".log"}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


async def test_a_session_file_that_was_cut_is_written_again_while_checkpoints_hold_it(tmp_path: Path) -> None:
    with serve() as server:
        plan = await half_run(tmp_path, server)
        path = case_dirs(tmp_path)[0] / "session_1.json"
        whole = load(path)
        cut(path)
        result = await run_sample(plan)
        assert result.exit_status() == 0
        assert load(path) == whole
        assert sum(call.role == "counselor" for call in server.calls) == 2


async def test_a_session_file_changed_by_hand_is_refused_until_it_is_deleted_or_meant(tmp_path: Path) -> None:
    with serve() as server:
        plan = await half_run(tmp_path, server)
        path = case_dirs(tmp_path)[0] / "session_1.json"
        whole = path.read_text(encoding="utf-8")
        edited = whole.replace('"session_index"', ' "session_index"', 1)
        assert edited != whole
        path.write_text(edited, encoding="utf-8")
        result = await run_sample(plan)
        assert result.exit_status() != 0
        assert result.outcomes[0].failure
        told = result.outcomes[0].failure.message
        assert f"{path}: it was changed after it was written; put it back" in told
        assert told.endswith("if it is deleted, it is written again as it was")
        assert path.read_text(encoding="utf-8") == edited
        path.unlink()
        assert (await run_sample(plan)).exit_status() == 0
        assert path.read_text(encoding="utf-8") == whole


async def test_a_missing_session_file_is_written_again_and_the_next_one_left_alone(tmp_path: Path) -> None:
    with serve() as server:
        plan = await half_run(tmp_path, server, max_sessions=3)
        first = case_dirs(tmp_path)[0] / "session_1.json"
        whole = load(first)
        first.unlink()
        assert (await run_sample(plan)).exit_status() == 0
    assert load(first) == whole
    indexes = [load(case_dirs(tmp_path)[0] / f"session_{k}.json")["session_index"] for k in (1, 2, 3)]
    assert indexes == [1, 2, 3]


@pytest.mark.parametrize("damage", [cut, Path.unlink], ids=["cut", "missing"])
async def test_a_session_file_lost_after_the_course_is_named_with_the_remedy(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        place = case_dirs(tmp_path)[0]
        second = (place / "session_2.json").read_bytes()
        damage(place / "session_1.json")
        made = len(server.calls)
        result = await run_sample(plan)
        told = reason(result)
        assert str(place / "session_1.json") in told
        assert "put the file back" in told
        assert f"delete the folder {place}" in told
        assert len(server.calls) == made
        assert (place / "session_2.json").read_bytes() == second, "never written over"

        shutil.rmtree(place)
        assert (await run_sample(plan)).exit_status() == 0
        assert len(server.calls) == 2 * made, "the remedy works"
    assert course_file(tmp_path)["finished"]


async def test_sessions_in_each_others_place_are_told_and_nothing_counts_as_lost(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        place = case_dirs(tmp_path)[0]
        first, second = place / "session_1.json", place / "session_2.json"
        kept, before = (first.read_bytes(), second.read_bytes()), course_file(tmp_path)
        first.write_bytes(kept[1])
        second.write_bytes(kept[0])
        result = await run_sample(plan)
        assert result.exit_status() == 1
        assert str(first) in reason(result)
        assert course_file(tmp_path) == before
        first.write_bytes(kept[0])
        second.write_bytes(kept[1])
        made = len(server.calls)
        assert (await run_sample(plan)).exit_status() == 0
        assert len(server.calls) == made
    assert course_file(tmp_path) == before


async def test_a_misplaced_session_file_is_written_again_while_checkpoints_hold_it(tmp_path: Path) -> None:
    with serve() as server:
        plan = await half_run(tmp_path, server, max_sessions=3)
        path = case_dirs(tmp_path)[0] / "session_1.json"
        whole = load(path)
        path.write_text(json.dumps(whole | {"session_index": 2, "sha256": None}))
        assert (await run_sample(plan)).exit_status() == 0
    assert load(path) == whole


async def test_sessions_whose_checkpoints_are_gone_are_not_written_over(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        folder = RunFolder(tmp_path / NAME)
        for path in folder.path.glob("checkpoints.sqlite*"):
            path.unlink()
        place, made = case_dirs(tmp_path)[0], len(server.calls)
        before = (place / "session_1.json").read_bytes()
        result = await run_sample(plan)
        assert len(server.calls) == made
    told = reason(result)
    assert str(place / "session_1.json") in told
    assert "put the checkpoints back, or delete the folder" in told
    assert (place / "session_1.json").read_bytes() == before


async def test_a_course_file_that_was_cut_is_written_again(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        path = case_dirs(tmp_path)[0] / "course.json"
        whole = load(path)
        cut(path)
        made = len(server.calls)
        assert (await run_sample(plan)).exit_status() == 0
        assert len(server.calls) == made
    assert load(path) == whole


@pytest.mark.parametrize("text", ["", '{"models": {', "[]", "3"], ids=["empty", "cut", "a list", "a number"])
async def test_a_broken_manifest_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        path = tmp_path / NAME / "manifest.json"
        path.write_text(text)
        with pytest.raises(RecordError, match=", or name another --save-dir, or remove the folder") as caught:
            await run_sample(plan)
        assert str(path) in str(caught.value)
        assert len(re.findall("put (it|the file) back", str(caught.value))) == 1
        before = tree_of(tmp_path)
        with pytest.raises(RecordError, match=r"nobody can tell that this is a run, so nothing was removed"):
            await run_sample(replace(plan, overwrite=True))
        assert tree_of(tmp_path) == before


async def test_a_run_without_its_manifest_is_not_resumed(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        (tmp_path / NAME / "manifest.json").unlink()
        before = tree_of(tmp_path)
        for way in (plan, replace(plan, resume=False), replace(plan, overwrite=True)):
            with pytest.raises(RecordError, match=r"manifest\.json|--overwrite"):
                await run_sample(way)
        assert tree_of(tmp_path) == before


async def test_a_checkpoint_file_that_is_no_database_is_named_with_the_remedy(tmp_path: Path) -> None:
    with serve() as server:
        plan = await finished_run(tmp_path, server)
        path = RunFolder(tmp_path / NAME).checkpoints
        path.write_bytes(b"not a database at all, but long enough to look like a header of one" * 20)
        with pytest.raises(RecordError, match="move the file away and start anew") as caught:
            await run_sample(plan)
        assert str(path) in str(caught.value)


async def test_a_failed_case_goes_on_where_it_failed(tmp_path: Path) -> None:
    with serve(always("client", Http(body=chat_body("")))) as server:
        plan = run_plan(tmp_path, server.base_url)
        assert (await run_sample(plan)).exit_status() == 1
        assert course_file(tmp_path)["finished_reason"] == "error"
        server.behave = None
        made = len(server.calls)
        assert (await run_sample(plan)).exit_status() == 0
        assert server.calls[made].role == "client"
    assert course_file(tmp_path)["failure"] is None
    assert course_file(tmp_path)["finished_reason"] == "max_sessions"
    assert course_file(tmp_path)["failed_usage"]["roles"]["client"]["calls"] == 3
