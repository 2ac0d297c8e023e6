"""Training data of a run: prompts as they were sent, replies that read back, nothing in silence."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.errors import RecordError, SettingsError
from psychagent.export.plan import Exported, ExportPlan
from psychagent.export.sample import TASKS, Task
from psychagent.export.write import run_export
from psychagent.nodes.memory.client_file import file_reply
from psychagent.replies.tags import parse_tagged_reply
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.exporting import make_rft, make_sample, read_rows, stored_sessions
from tests.support.loopback.replies import END_AFTER
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.running import load, settings_at

ROLE_OF: dict[Task, str] = {
    "counselor": "counselor",
    "summary": "summary",
    "profile": "client_file",
    "select": "filter",
    "rewrite": "rewrite",
}


@pytest.fixture(scope="module")
def rft_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rft(tmp_path_factory.mktemp("rft"))


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"))


def export(run: Path, out: Path, **options: Any) -> Exported:
    return run_export(ExportPlan(run=run, out=out / "data.jsonl", **options))


def first_families(call: Call, number: int) -> Http | None:
    """Answer the coarse filter in any language, from the ids that its schema lists."""
    if call.role != "filter":
        return None
    schema = call.body["response_format"]["json_schema"]["schema"]
    listed = schema["properties"]["meta_skill_ids"]["items"]["enum"]
    return Http(body=chat_body(json.dumps({"meta_skill_ids": listed[1:4]})))


def in_order(prompts: list[Any]) -> list[str]:
    return sorted(json.dumps(prompt, sort_keys=True) for prompt in prompts)


def rows_of(done: Exported, split: str = "all") -> list[dict[str, Any]]:
    return read_rows(done.files[split])


KEPT: dict[str, Any] = {"retrieval": {"method": "lexical", "keep_in_history": True}}
"""Settings under which prompts hold the skills of earlier turns."""


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "over",
    [{}, KEPT, {"share_prefix": True}, KEPT | {"share_prefix": True}],
    ids=["", "kept", "shared", "both"],
)
def test_every_prompt_is_byte_for_byte_what_the_model_was_sent(
    tmp_path: Path, language: Language, over: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(END_AFTER, "turns", 3)
    with serve(first_families) as server:
        # a soup of words may sound like danger, and a session of unasked danger is not exported
        calm = {"safety": {"mode": "off"}}
        baseline, runtime = settings_at(server.base_url, max_counselor_turns=4, **calm, **over)
        runtime = runtime.model_copy(
            update={"world": runtime.world.model_copy(update={"language": language})}
        )
        dataset = DatasetSettings(modalities=(Modality.PDT,), max_cases=1)
        plan = SamplePlan(baseline, runtime, dataset, tmp_path, env={})
        assert asyncio.run(run_sample(plan)).exit_status() == 0
        sent: dict[str, list[Any]] = {role: [] for role in ROLE_OF.values()}
        for call in server.calls:
            if call.role in sent:
                sent[call.role].append(call.body["messages"])
    rows = rows_of(export(tmp_path, tmp_path / "out", tasks=TASKS))
    for task, role in ROLE_OF.items():
        rebuilt = [row["prompt"] for row in rows if row["meta"]["task"] == task]
        assert rebuilt, task
        assert in_order(rebuilt) == in_order(sent[role]), task


def test_a_counselor_completion_reads_back_as_the_turn_that_was_stored(
    sample_run: Path, tmp_path: Path
) -> None:
    sessions = stored_sessions(sample_run)
    rows = [r for r in rows_of(export(sample_run, tmp_path)) if r["meta"]["task"] == "counselor"]
    assert len(rows) == sum(t["speaker"] == "counselor" for s in sessions.values() for t in s["turns"])
    ends = 0
    for row in rows:
        meta = row["meta"]
        stored = sessions[f"{meta['modality']}/{meta['case_id']}/{meta['session_index']}"]["turns"][
            meta["turn"]
        ]
        read = parse_tagged_reply(row["completion"][0]["content"], reasoning="", end_token="</end>")
        assert read.response == stored["text"]
        assert read.thoughts.model_dump(mode="json", exclude_defaults=True) == stored["thoughts"]
        ends += read.ends_session
    assert ends == len(sessions)


def test_thoughts_stand_in_the_completion_and_in_no_prompt(sample_run: Path, tmp_path: Path) -> None:
    rows = [r for r in rows_of(export(sample_run, tmp_path)) if r["meta"]["task"] == "counselor"]
    for row in rows:
        assert row["completion"][0]["content"].startswith("<think><assessment>")
        said = [m["content"] for m in row["prompt"] if m["role"] != "system"]
        assert not any("<think>" in text or "<response>" in text for text in said)


def test_stripped_completions_keep_the_words_and_lose_the_thoughts(sample_run: Path, tmp_path: Path) -> None:
    whole = rows_of(export(sample_run, tmp_path / "a", tasks=("counselor",)))
    bare = rows_of(export(sample_run, tmp_path / "b", tasks=("counselor",), keep_think=False))
    for one, other in zip(whole, bare, strict=True):
        text = other["completion"][0]["content"]
        assert text == one["completion"][0]["content"].partition("</think>")[2]
        assert text.startswith("<response>")


def test_memory_and_plan_completions_are_what_the_session_stored(sample_run: Path, tmp_path: Path) -> None:
    sessions = stored_sessions(sample_run)
    rows = rows_of(export(sample_run, tmp_path, tasks=("summary", "profile")))
    assert Counter(r["meta"]["task"] for r in rows) == {"summary": 2, "profile": 2}
    for row in rows:
        meta, answer = row["meta"], json.loads(row["completion"][0]["content"])
        stored = sessions[f"{meta['modality']}/{meta['case_id']}/{meta['session_index']}"]
        if meta["task"] == "summary":
            assert answer == stored["summary"]
            assert answer["next_session_plan"]["focus"]
        else:
            read = file_reply(Modality(meta["modality"])).model_validate(answer)
            assert read.main_problem == stored["client_file"]["main_problem"]
            assert answer["theory"] == stored["client_file"]["theory"]


def test_selection_and_rewrite_completions_lead_to_the_same_skills(sample_run: Path, tmp_path: Path) -> None:
    sessions = stored_sessions(sample_run)
    rows = rows_of(export(sample_run, tmp_path, tasks=("select", "rewrite")))
    assert {r["meta"]["task"] for r in rows} == {"select", "rewrite"}
    for row in rows:
        meta, answer = row["meta"], json.loads(row["completion"][0]["content"])
        stored = sessions[f"{meta['modality']}/{meta['case_id']}/{meta['session_index']}"]
        if meta["task"] == "select":
            families = {skill.rpartition(".")[0] for skill in stored["candidates"]}
            at_hand = {family for family in families if re.search("risk|safety|hard-moments", family)}
            assert set(answer["meta_skill_ids"]) == families - at_hand
            assert len(at_hand) == 7, "hard moments, and six kinds of danger"
        else:
            parts = (answer["skill"], answer["trigger"], answer["when_to_use"])
            assert " ".join(p for p in parts if p) == stored["turns"][meta["turn"]]["query"]


def test_changed_prompts_are_refused_and_named(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    shutil.copytree(asset_dir("prompts"), prompts)
    run = make_sample(tmp_path / "run", prompts_root=prompts)
    changed = prompts / "en" / "shared" / "plan.jinja2"
    changed.write_text("Something else. " + changed.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(RecordError, match=r"en/shared/plan\.jinja2.*--allow-changed-prompts"):
        export(run, tmp_path / "out")
    done = export(run, tmp_path / "out", allow_changed_prompts=True)
    assert done.card["source"]["changed_since"] == ["en/shared/plan.jinja2"]
    assert "Something else." in rows_of(done)[0]["prompt"][0]["content"]
    assert "en/shared/plan.jinja2" in done.card_markdown.read_text(encoding="utf-8")


def test_changed_skills_are_refused_too(tmp_path: Path) -> None:
    skills = tmp_path / "skills"
    shutil.copytree(asset_dir("skills"), skills)
    run = make_sample(tmp_path / "run", skills_root=skills)
    file = skills / "en" / "cbt" / "conceptualization.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    with pytest.raises(RecordError, match="skills/cbt/conceptualization"):
        export(run, tmp_path / "out")


@pytest.mark.parametrize("shared", [False, True])
def test_a_prompt_with_a_skill_that_is_gone_is_left_out_and_counted(tmp_path: Path, shared: bool) -> None:
    run = make_sample(tmp_path / "run", **KEPT, share_prefix=shared)
    path = next(run.glob("*/*/session_1.json"))
    data = load(path)
    data["turns"][0]["skills"] = ["gone"]
    path.write_text(json.dumps(data), encoding="utf-8")
    done = export(run, tmp_path / "out")
    spoken = sum(turn["speaker"] == "counselor" for turn in data["turns"])
    told = {"counselor: a skill that the turn saw is no longer in the library": spoken}
    if shared:
        for task in ("summary", "profile"):
            told[f"{task}: a skill that the session saw is no longer in the library"] = 1
    assert {why: n for why, n in done.card["skipped"].items() if "no longer" in why} == told
    first = [row for row in rows_of(done) if row["meta"]["session_index"] == 1]
    assert len(first) == (0 if shared else 2)


def test_prompts_that_no_sample_shows_may_change(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    shutil.copytree(asset_dir("prompts"), prompts)
    run = make_sample(tmp_path / "run", prompts_root=prompts)
    for name in ("judge/system.jinja2", "client/system.jinja2"):
        file = prompts / "en" / name
        file.write_text(file.read_text(encoding="utf-8") + "\nMore.", encoding="utf-8")
    assert export(run, tmp_path / "out").card["source"]["changed_since"] == []


def test_a_broken_session_is_left_out_with_those_after_it_and_counted(
    sample_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(sample_run, run)
    broken = next(run.glob("*/*/session_1.json"))
    second = broken.with_name("session_2.json")
    third = broken.with_name("session_3.json")
    data = load(second)
    third.write_text(json.dumps(data | {"session_index": 3}), encoding="utf-8")
    third.write_text(third.read_text(encoding="utf-8")[:-200], encoding="utf-8")
    done = export(run, tmp_path / "out")
    assert {r["meta"]["session_index"] for r in rows_of(done)} == {1, 2}
    assert sum(done.card["skipped"].values()) == 1
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match="nothing to export; left out: .*truncated"):
        export(run, tmp_path / "out2")


def test_duplicates_are_removed_and_counted(sample_run: Path, tmp_path: Path) -> None:
    once = rows_of(export(sample_run, tmp_path / "a"))
    run = tmp_path / "run"
    shutil.copytree(sample_run, run)
    case = next(run.glob("*/*/session_1.json")).parent
    shutil.copytree(case, case.with_name("again"))
    for path in case.with_name("again").glob("*.json"):
        path.write_text(json.dumps(load(path) | {"case_id": "again"}), encoding="utf-8")
    done = export(run, tmp_path / "b")
    assert done.card["duplicates"] == len(once)
    assert len(rows_of(done)) == len(once)


def test_no_client_and_no_sample_stands_in_two_splits(rft_run: Path, tmp_path: Path) -> None:
    whole = rows_of(export(rft_run, tmp_path / "a"))
    done = export(rft_run, tmp_path / "b", split="train=0.6,val=0.4")
    train, val = rows_of(done, "train"), rows_of(done, "val")
    assert len(train) + len(val) == len(whole)
    assert {r["meta"]["case_id"] for r in train}.isdisjoint({r["meta"]["case_id"] for r in val})
    texts = [{json.dumps([r["prompt"], r["completion"]]) for r in rows} for rows in (train, val)]
    assert texts[0].isdisjoint(texts[1])
    again = export(rft_run, tmp_path / "c", split="train=0.6,val=0.4")
    assert again.card["files"] == done.card["files"]


def test_more_splits_than_clients_are_refused(sample_run: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="2 splits and the run has 1 clients"):
        export(sample_run, tmp_path, split="train=0.5,val=0.5")


def test_the_card_says_what_the_file_holds_and_where_it_comes_from(rft_run: Path, tmp_path: Path) -> None:
    done = export(rft_run, tmp_path, tasks=TASKS)
    rows, held = rows_of(done), done.card["splits"]["all"]
    assert held["samples"] == len(rows)
    assert held["by_task"] == dict(Counter(r["meta"]["task"] for r in rows))
    assert held["sessions"] == len(stored_sessions(rft_run))
    assert held["tokens"]["with_loss"] > 0
    source = done.card["source"]
    assert source["is_script"]
    assert source["models"]["counselor"] == "offline-script"
    assert "MIT" in source["licences"]["skills"]
    text = done.card_markdown.read_text(encoding="utf-8")
    assert "no language model" in text
    assert str(len(rows)) in text
    both = text + done.card_json.read_text(encoding="utf-8")
    assert str(tmp_path) not in both
    assert str(rft_run.parent) not in both


def test_a_folder_with_one_run_is_taken_as_that_run(sample_run: Path, tmp_path: Path) -> None:
    assert export(sample_run.parent, tmp_path).card["source"]["run"] == sample_run.name


def test_a_folder_without_a_run_or_with_several_is_refused(sample_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="holds no run"):
        export(tmp_path, tmp_path / "out")
    for name in ("one", "two"):
        shutil.copytree(sample_run, tmp_path / "both" / name)
    with pytest.raises(RecordError, match=r"holds 2 runs \(one, two\)"):
        export(tmp_path / "both", tmp_path / "out")


def test_a_reply_that_would_not_read_back_is_left_out_and_counted(sample_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(sample_run, run)
    path = next(run.glob("*/*/session_2.json"))
    data = load(path)
    data["turns"][0]["text"] = "I say <response>twice</response>."
    path.write_text(json.dumps(data), encoding="utf-8")
    before = export(sample_run, tmp_path / "a", tasks=("counselor",))
    done = export(run, tmp_path / "b", tasks=("counselor",))
    assert len(rows_of(done)) == len(rows_of(before)) - 1
    assert "counselor: a reply that cannot be written in the form of the prompt" in done.card["skipped"]


@pytest.mark.parametrize("full_at", ["data.jsonl", "dataset_info.json", "data.card.json", "data.card.md"])
def test_a_full_disk_leaves_every_file_of_the_former_export_as_it_was(
    sample_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_at: str
) -> None:
    export(sample_run, tmp_path, format="sharegpt", tasks=("counselor",))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert before.keys() == {"data.jsonl", "dataset_info.json", "data.card.json", "data.card.md"}
    opened = Path.open

    def full_for_one(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        stream = opened(self, mode, *args, **options)
        if mode == "wb" and self.name.startswith(f".{full_at}."):
            stream.close()
            return opened(Path("/dev/full"), "wb")
        return stream

    monkeypatch.setattr(Path, "open", full_for_one)
    with pytest.raises(RecordError, match=f"{full_at}: cannot be written .* free space and run again"):
        export(sample_run, tmp_path, format="sharegpt", tasks=("summary",))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_export_leaves_the_run_as_it_was(sample_run: Path, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in sorted(sample_run.rglob("*")) if p.is_file()}
    export(sample_run, tmp_path)
    assert {p: p.read_bytes() for p in sorted(sample_run.rglob("*")) if p.is_file()} == before


@pytest.mark.parametrize("speaker", ["counselor", "client"])
def test_a_session_with_thoughts_among_its_words_is_left_out_and_counted(
    sample_run: Path, tmp_path: Path, speaker: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(sample_run, run)
    path = next(run.glob("*/*/session_2.json"))
    data = json.loads(path.read_text(encoding="utf-8"))
    # an edit that is meant
    del data["digest_of_all_above"]
    turn = next(turn for turn in data["turns"] if turn["speaker"] == speaker)
    turn["text"] = "<thinking>ZEBRA</thinking>Well."
    path.write_text(json.dumps(data), encoding="utf-8")
    done = export(run, tmp_path / "a", tasks=("counselor",))
    assert "ZEBRA" not in done.files["all"].read_text(encoding="utf-8")
    assert [reason for reason in done.card["skipped"] if "private markup among its words" in reason]
    # a person at a chat may write whatever looks like a mark
    (run / "chat.json").write_text("{}", encoding="utf-8")
    again = export(run, tmp_path / "b", tasks=("counselor",))
    assert ("ZEBRA" in again.files["all"].read_text(encoding="utf-8")) == (speaker == "client")
