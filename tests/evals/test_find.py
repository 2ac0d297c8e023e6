from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality
from psychagent.errors import SettingsError
from psychagent.evals.find import JudgeInput, Search, find_sessions
from psychagent.records.folder import Broken

ASSISTANT = "<think><assessment>SECRET</assessment></think><response>What brings you?</response>"
TRANSCRIPT = [
    {"role": "system", "content": "SECRET"},
    {"role": "user", "content": "[Session 1: SECRET]"},
    {"role": "assistant", "content": ASSISTANT},
    {"role": "user", "content": "I can't sleep."},
    {"role": "assistant", "content": "<response>Take care.</response></end>"},
]
SPOKEN = ["What brings you?", "I can't sleep.", "Take care."]


def write(path: Path, data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def session(**more: Any) -> dict[str, Any]:
    return {"transcript": TRANSCRIPT} | more


def case(*dialogues: Any, **more: Any) -> dict[str, Any]:
    sessions = [{"session_number": n, "session_dialogue": d} for n, d in enumerate(dialogues, start=1)]
    return {
        "theoretical": "pmt",
        "client_id": 7,
        "client_info": {"topic": "sleep"},
        "sessions": sessions,
    } | more


TALK = [
    {"role": "Counselor", "text": "<think><assessment>SECRET</assessment></think>What brings you?"},
    {"role": "Client", "text": "I can't sleep."},
]


def find(root: Path, **search: Any) -> tuple[list[JudgeInput], list[Broken]]:
    return find_sessions(Search(root, **search))


def test_a_run_is_read_at_any_of_its_folders(tmp_path: Path) -> None:
    path = write(tmp_path / "runs/base/cbt/en01/session_2.json", session())
    for root in (tmp_path, tmp_path / "runs", *list(path.parents)[:3], path):
        (found,), broken = find(root)
        assert found.place == ("cbt", "en01", 2)
        assert found.baseline == "base"
        assert [Path(b.file).name for b in broken] == ([] if root == path else ["session_1.json"])


def test_only_words_that_were_spoken_are_left() -> None:
    lines = [line.text for line in _one(session()).dialogue.lines]
    assert lines == SPOKEN


def _one(data: dict[str, Any], name: str = "runs/base/cbt/en01/session_1.json") -> JudgeInput:

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name, data)
        found, broken = find(Path(folder))
    assert not broken, broken
    return found[0]


def test_fields_of_the_file_go_before_its_place() -> None:
    found = _one(session(modality="bt", case_id="zh09", session_index=4))
    assert found.place == ("bt", "zh09", 4)


def test_files_that_belong_to_a_run_and_hold_no_session_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "base/cbt/en01/session_1.json", session())
    for name in ("manifest.json", "cbt/en01/course.json", "cbt/en01/.session_2.json.77.part"):
        write(tmp_path / "base" / name, {"a": 1})
    assert [len(part) for part in find(tmp_path)] == [1, 0]


def test_a_case_file_yields_all_its_sessions(tmp_path: Path) -> None:
    write(tmp_path / "pmt/12.json", case(TALK, TALK))
    found, broken = find(tmp_path)
    assert [item.place for item in found] == [("pmt", "12", 1), ("pmt", "12", 2)]
    assert not any("SECRET" in line.text for item in found for line in item.dialogue.lines)
    assert json.loads(found[0].dialogue.profile) == {"topic": "sleep"}


def test_what_a_run_wrote_about_the_client_is_not_the_clients_profile() -> None:
    written = {"static_traits": {"name": "SECRET"}}
    for data in (session(updated_profile=written), session(profile_snapshot=written)):
        assert _one(data).dialogue.profile == ""


def test_a_session_that_lacks_a_field_is_named_and_its_siblings_are_read(tmp_path: Path) -> None:
    data = case(TALK, TALK, [{"role": "Client"}], "talk")
    del data["sessions"][1]["session_dialogue"]
    write(tmp_path / "pmt/12.json", data)
    found, broken = find(tmp_path)
    assert [item.place[2] for item in found] == [1]
    assert [item.file for item in broken] == [f"pmt/12.json, session {n}" for n in (2, 3, 4)]
    assert "'session_dialogue' is missing" in broken[0].reason
    assert "utterance 1 has no text" in broken[1].reason


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('{"transcript": [', "truncated or not JSON"),
        ("[1, 2]", "holds a list"),
        ({"hello": 1}, "neither 'transcript' nor 'sessions'"),
        (session(modality="dbt"), "modality is 'dbt'"),
        ({"transcript": []}, "dialogue is empty"),
        ({"transcript": "words"}, "not a list"),
        ({"transcript": ["words"]}, "utterance 1 is text"),
        ({"transcript": [{"role": "narrator", "content": "x"}]}, "role 'narrator'"),
        ({"transcript": [{"role": "assistant", "content": "<think>and so on"}]}, "never closed"),
        (session(case_id="../../etc"), "cannot name a folder"),
        (session(session_index="two"), "'session_index' has 'two'"),
        (session(session_index="²"), "'session_index' has '²'"),
        (session(session_index="9" * 5000), "'session_index' has '9999"),
        ("[" * 9000, "truncated or not JSON"),
        (case(), "no list of sessions"),
    ],
)
def test_a_broken_file_is_named_with_the_reason_and_the_others_are_read(
    tmp_path: Path, data: Any, told: str
) -> None:
    write(tmp_path / "base/cbt/en01/session_1.json", session())
    write(tmp_path / "base/cbt/en02/session_1.json", data)
    found, broken = find(tmp_path)
    assert [item.place[1] for item in found] == ["en01"]
    assert [item.file for item in broken] == ["base/cbt/en02/session_1.json"]
    assert told in broken[0].reason


def test_a_format_that_is_asked_for_is_held_to(tmp_path: Path) -> None:
    write(tmp_path / "base/cbt/en01/session_1.json", session())
    write(tmp_path / "base/pmt/12.json", case(TALK))
    assert [len(part) for part in find(tmp_path, input_format="run")] == [1, 1]
    assert [len(part) for part in find(tmp_path, input_format="psycheval")] == [1, 1]
    assert [len(part) for part in find(tmp_path)] == [2, 0]


def test_modalities_and_a_limit_of_cases_choose_among_the_sessions(tmp_path: Path) -> None:
    for modality in ("bt", "cbt"):
        for name in ("en10", "en2", "en1"):
            for n in (1, 2):
                write(tmp_path / f"base/{modality}/{name}/session_{n}.json", session())
    chosen = find(tmp_path, modalities=(Modality.CBT,), case_limit=2)[0]
    assert [item.place for item in chosen] == [("cbt", c, n) for c in ("en1", "en2") for n in (1, 2)]


def test_a_single_file_of_unknown_modality_takes_the_one_that_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "talk.json", session())
    assert "name one with --modalities" in find(path)[1][0].reason
    assert find(path, modalities=(Modality.HET,))[0][0].place == ("het", "talk", 1)


def test_scores_of_several_runs_are_not_mixed(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        write(tmp_path / f"{name}/cbt/en01/session_1.json", session())
    with pytest.raises(SettingsError, match="ours, theirs"):
        find(tmp_path)


def test_a_session_that_stands_twice_is_judged_once(tmp_path: Path) -> None:
    write(tmp_path / "base/cbt/en01/session_1.json", session())
    write(tmp_path / "base/cbt/en02/session_1.json", session(case_id="en01"))
    found, broken = find(tmp_path)
    assert len(found) == 1
    assert "same case and session as base/cbt/en01/session_1.json" in broken[0].reason


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        find(tmp_path / "nowhere")


def test_the_language_is_the_dialogues_own_unless_one_is_set(tmp_path: Path) -> None:
    chinese = [
        {"role": "assistant", "content": "你好，是什么让你来的？"},
        {"role": "user", "content": "睡不着。"},
    ]
    path = write(tmp_path / "base/cbt/zh01/session_1.json", {"transcript": chinese})
    assert find(path)[0][0].dialogue.language is Language.ZH
    assert find(path, language=Language.EN)[0][0].dialogue.language is Language.EN


def test_real_case_files_are_read(reference_data: Path) -> None:
    found, broken = find(reference_data / "psycheval")
    assert {item.place[0] for item in found} == {"bt", "cbt", "pmt"}
    assert not broken
    assert not any("<" in line.text for item in found for line in item.dialogue.lines)


def test_of_a_run_its_sessions_are_read_and_nothing_that_stands_beside_them(tmp_path: Path) -> None:
    for index in (1, 2, 10):
        write(tmp_path / f"base/cbt/en01/session_{index}.json", session())
    write(tmp_path / "base/manifest.json", {})
    write(tmp_path / "base/evals/cbt/en01/session_1.json", {"scales": {}})
    found, broken = find(tmp_path / "base")
    assert [item.place[2] for item in found] == [1, 2, 10]
    assert [b.file for b in broken] == ["cbt/en01/session_3.json"]


def test_the_words_of_a_person_at_a_chat_are_never_parsed(tmp_path: Path) -> None:
    said = "I <think> too much, **Assessment:** none"
    lines = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": said}]
    path = tmp_path / "chat" / "cbt" / "c1" / "session_1.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"transcript": lines}), encoding="utf-8")
    (tmp_path / "chat" / "manifest.json").write_text("{}", encoding="utf-8")
    _, broken = find_sessions(Search(root=tmp_path / "chat"))
    assert "utterance 2" in broken[0].reason
    assert "too much" not in broken[0].reason
    (tmp_path / "chat" / "chat.json").write_text("{}", encoding="utf-8")
    (found,), broken = find_sessions(Search(root=tmp_path / "chat"))
    assert broken == []
    assert found.dialogue.lines[1].text == said
