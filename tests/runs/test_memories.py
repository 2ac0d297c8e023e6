"""Whole offline runs of each kind of memory: in both languages, killed and gone on with, played again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.memory import Memory
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.errors import SettingsError
from psychagent.files.seal import KEY
from psychagent.llm.prompt import Message
from psychagent.nodes.memory.other import open_other
from psychagent.records.folder import RunFolder
from psychagent.runs.plan import SamplePlan
from psychagent.runs.replay import plan_replay
from psychagent.runs.sample import run_sample
from tests.support.children import DIED, finish, psychagent
from tests.support.every import LANGUAGES
from tests.support.exporting import run_to_end, short_baseline
from tests.support.fakes import Cast, brief_for, case_of
from tests.support.flat import runtime_of
from tests.support.journaled import journal_lines, journals_in
from tests.support.memory_parts import summary
from tests.support.running import write_yaml

pytestmark = pytest.mark.slow

PLAIN: dict[str, Any] = {
    "strategy": "plain",
    "reply_format": "plain",
    "skills": "off",
    "planning": "off",
}
SEARCHED = (MemoryKind.RAG, MemoryKind.MEM0, MemoryKind.MEMORYBANK)


def plan_of(
    folder: Path,
    kind: MemoryKind,
    language: Language = Language.EN,
    *,
    cases: int = 1,
    sessions: int = 3,
    **over: Any,
) -> SamplePlan:
    """Plan a run of some clients with a kind of memory; the log of its calls is kept."""
    baseline = short_baseline(sessions, 8, memory=kind, **(PLAIN | over))
    dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=cases)
    return SamplePlan(baseline, runtime_of(language=language, log_calls=True), dataset, folder, env={})


def stored(run: Path) -> dict[str, bytes]:
    """Return the files of the courses of a run."""
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in run.glob("*/*/*.json")}


def session(run: Path, number: int, case: str = "en01") -> Any:
    return json.loads((run / "cbt" / case / f"session_{number}.json").read_text(encoding="utf-8"))


def prompts_of(run: Path, role: str, session_index: int) -> dict[str, list[Message]]:
    """Read from the log what a role was first sent in a session, by case."""
    found: dict[str, list[Message]] = {}
    for path in journals_in(run):
        for line in journal_lines(path)[1:]:
            if line.get("messages") and (line["role"], line["session"]) == (role, session_index):
                found.setdefault(path.stem, line["messages"])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", SEARCHED)
def test_a_course_of_each_kind_recalls_earlier_sessions(
    tmp_path: Path, kind: MemoryKind, language: Language
) -> None:
    run = run_to_end(plan_of(tmp_path, kind, language))
    first, _, third = (session(run, number, f"{language.value}01") for number in (1, 2, 3))
    assert first["stock_before"] is None
    assert third["stock_before"]["items"]
    shown = {item for turn in third["turns"] for item in turn.get("recalled", [])}
    known = {item["id"] for item in third["stock_before"]["items"]}
    assert shown
    assert shown <= known
    calls = {role: part["calls"] for role, part in third["usage"]["roles"].items()}
    asked = {MemoryKind.RAG: 0, MemoryKind.MEM0: 2, MemoryKind.MEMORYBANK: 1}[kind]
    assert calls.get("client_file", 0) == asked
    assert not {"filter", "rewrite"} & calls.keys()


@pytest.mark.parametrize("kind", SEARCHED)
async def test_a_killed_run_gone_on_with_ends_with_the_bytes_of_one_left_alone(
    tmp_path: Path, kind: MemoryKind
) -> None:
    alone = plan_of(tmp_path / "alone", kind)
    assert (await run_sample(alone)).exit_status() == 0
    killed = plan_of(tmp_path / "killed", kind)
    argv = write_yaml(tmp_path, killed)
    for dies_at in (75, 40, 21):
        with psychagent(argv, tmp_path / "log", dies_at=dies_at) as process:
            assert finish(process) == DIED, (tmp_path / "log").read_text()
    assert (await run_sample(killed)).exit_status() == 0
    assert stored(killed.folder.path) == stored(alone.folder.path)


async def test_a_replay_finds_the_items_that_vectors_found_and_needs_none(tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "runs", MemoryKind.MEM0, retrieval={"method": "fusion"})
    assert (await run_sample(plan)).exit_status() == 0
    again = plan_replay(RunFolder(plan.folder.path), tmp_path / "again")
    assert (await run_sample(again)).exit_status() == 0
    assert stored(again.folder.path) == stored(plan.folder.path)


@pytest.fixture(scope="module")
def files_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three clients with client files, of two sessions each."""
    return run_to_end(plan_of(tmp_path_factory.mktemp("file"), MemoryKind.FILE, cases=3, sessions=2))


def cases_in(text: str, run: Path) -> set[str]:
    """List the cases whose own words of a first session stand in a text."""
    found = set()
    for place in (run / "cbt").iterdir():
        abstract = session(run, 1, place.name)["summary"]["session_summary_abstract"]
        if abstract.split("“")[-1].split("”")[0] in text:
            found.add(place.name)
    return found


def ids_of(run: Path) -> list[str]:
    return sorted(place.name for place in (run / "cbt").iterdir())


def following(run: Path) -> dict[str, str]:
    """Map each case to the next in order, and the last to the first."""
    ids = ids_of(run)
    return dict(zip(ids, [*ids[1:], ids[0]], strict=True))


def test_prompts_show_another_clients_memory_and_what_is_stored_is_the_clients_own(
    files_run: Path, tmp_path: Path
) -> None:
    run = run_to_end(plan_of(tmp_path, MemoryKind.OTHER, cases=3, memory_from=str(files_run)))
    others = following(files_run)
    assert ids_of(run) == list(others)
    heads, asked = prompts_of(run, "counselor", 2), prompts_of(run, "summary", 2)
    for case, other in others.items():
        own = session(run, 1, case)["client_file"]["main_problem"]
        assert own != session(files_run, 1, other)["client_file"]["main_problem"]
        assert session(run, 2, case)["client_file_before"]["main_problem"] == own
        assert cases_in(heads[case][0]["content"], files_run) == {other}
        assert cases_in(asked[case][1]["content"].split("<dialogue>")[0], run) == {case}


def test_the_other_client_is_the_next_after_as_many_sessions_or_its_last(files_run: Path) -> None:
    other_client = open_other(other(files_run), Language.EN)
    assert other_client
    for case_id, other_id in following(files_run).items():
        case = case_of(case_id)
        assert other_client(case, 0) == Memory()
        first, second, fifth = (other_client(case, count) for count in (1, 2, 5))
        assert [len(memory.summaries) for memory in (first, second, fifth)] == [1, 2, 2]
        stored_file = session(files_run, 1, other_id)["client_file"]
        assert first.client_file.model_dump(mode="json") == stored_file
        assert fifth == second


def test_a_client_that_is_not_in_the_run_gets_one_that_is(files_run: Path) -> None:
    other_client = open_other(other(files_run), Language.EN)
    assert other_client
    ids = ids_of(files_run)
    for name, expected in (("en00", ids[0]), ("zz99", ids[0]), (f"{ids[0]}a", ids[1])):
        case = case_of().model_copy(update={"case_id": name})
        wanted = session(files_run, 1, expected)["client_file"]
        assert other_client(case, 1).client_file.model_dump(mode="json") == wanted


def test_a_course_that_is_not_finished_lends_no_memory(files_run: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(files_run, tmp_path / "copied")
    first, second, third = ids_of(copied)
    course = copied / "cbt" / second / "course.json"
    data = json.loads(course.read_text(encoding="utf-8"))
    data.pop(KEY, None)
    course.write_text(json.dumps(data | {"finished": False}), encoding="utf-8")
    other_client = open_other(other(copied), Language.EN)
    assert other_client
    theirs = session(copied, 1, third)["client_file"]
    assert other_client(case_of(first), 1).client_file.model_dump(mode="json") == theirs


def other(folder: Path) -> BaselineSettings:
    return short_baseline(memory=MemoryKind.OTHER, memory_from=str(folder))


def test_a_run_without_another_client_is_refused_by_name(files_run: Path, tmp_path: Path) -> None:
    lone = shutil.copytree(files_run, tmp_path / "lone")
    for name in ids_of(lone)[1:]:
        shutil.rmtree(lone / "cbt" / name)
    other_client = open_other(other(lone), Language.EN)
    assert other_client
    (only,) = ids_of(lone)
    with pytest.raises(SettingsError, match=f"no finished course of another cbt client than '{only}'"):
        other_client(case_of(only), 1)
    with pytest.raises(SettingsError, match="no finished course of another bt client"):
        other_client(case_of("en05", Modality.BT), 1)


def test_a_run_that_cannot_lend_memories_is_refused(files_run: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"memory_from: .*nowhere: holds no run"):
        open_other(other(tmp_path / "nowhere"), Language.EN)
    with pytest.raises(SettingsError, match="is in 'en', this run in 'zh'"):
        open_other(other(files_run), Language.ZH)
    manifest = files_run / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    copied = shutil.copytree(files_run, tmp_path / "copied")
    data = json.loads(text)
    data.pop(KEY, None)
    data["settings"]["baseline"]["memory"] = "recap"
    (copied / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(SettingsError, match="was made with memory 'recap'; name a finished run"):
        open_other(other(copied), Language.EN)


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"memory": "other"}, "memory 'other' needs memory_from"),
        ({"memory": "rag", "memory_from": "x"}, "memory_from is for memory 'other'"),
        ({"memory": "other", "memory_from": "x", "share_prefix": True}, "share_prefix cannot be true"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(over: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        BaselineSettings.model_validate(over)


def test_the_safety_lines_stay_the_clients_own_where_the_gate_acts(files_run: Path) -> None:
    cast = Cast({}, memory="other", memory_from=str(files_run))
    case = case_of(ids_of(files_run)[0])
    note = SafetyNote(danger=Danger.VOICED, words="OWN words", next="ask")
    theirs = SafetyNote(danger=Danger.VOICED, words="THEIR words", next="ask")
    own = Memory(summaries=(summary("own", safety=note),))
    stands_in = Memory(summaries=(summary("their", safety=theirs),))
    base = brief_for(cast.deps, case, memory=own, session_index=2)
    for acts, shown in ((True, ["OWN words"]), (False, ["THEIR words"])):
        view = replace(base, stands_in=stands_in, acts=acts).view
        assert [row.note.words for row in view.safety] == shown
        assert "their-abstract" in view.recent[0].abstract
        assert "own-abstract" not in str(view)
