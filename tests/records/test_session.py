"""A session's file: what is written is read back, and the reference release's files are read as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Modality
from psychagent.domain.memory import ClientFile
from psychagent.errors import RecordError
from psychagent.records.folder import CaseFolder
from psychagent.records.session import (
    SCHEMA_VERSION,
    flat_file,
    read_session,
    to_record,
    write_session,
)
from psychagent.records.transcript import to_transcript
from tests.support.every import MODALITIES
from tests.support.fakes import case_of
from tests.support.finished import finished


def written(tmp_path: Path) -> Path:
    path = CaseFolder(tmp_path / "cbt" / "en01").session_path(2)
    write_session(path, to_record(case_of(), finished()))
    return path


def test_a_session_is_read_back_as_it_was(tmp_path: Path) -> None:
    record, held = read_session(written(tmp_path)), finished()
    assert (record.session_index, record.modality, record.case_id) == (2, "cbt", "en01")
    assert record.turns == held.turns
    assert record.plan == held.plan
    assert record.usage == held.usage
    assert record.candidates == held.candidates
    assert record.corrections == held.corrections
    assert record.client_file_before == held.file_before
    assert record.client_file == held.file_after
    assert record.typed_summary() == held.summary
    assert record == to_record(case_of(), held), "what is read is what was written"


def test_the_file_has_the_fields_that_tools_of_the_reference_release_read(tmp_path: Path) -> None:
    data = json.loads(written(tmp_path).read_text(encoding="utf-8"))
    needed = {"stage", "focus", "profile_snapshot", "transcript", "summary", "updated_profile"}
    ours = {"schema_version", "modality", "case_id", "session_index", "turns", "usage"}
    assert needed | ours <= set(data)
    assert data["schema_version"] == SCHEMA_VERSION
    assert data["stage"] == "intervention"
    assert data["profile_snapshot"]["main_problem"].startswith("old-problem")
    assert data["updated_profile"]["core_beliefs"][0].startswith("new-belief0")


def test_the_transcript_holds_visible_words_only_and_no_opener(tmp_path: Path) -> None:
    data = json.loads(written(tmp_path).read_text(encoding="utf-8"))
    assert data["transcript"] == [
        {"role": "assistant", "content": "Hello “you”."},
        {"role": "user", "content": "您好。"},
        {"role": "assistant", "content": "Bye."},
    ]
    assert "SECRET" not in json.dumps(data["transcript"])
    assert data["turns"][0]["thoughts"]["assessment"] == "SECRET"
    assert to_transcript(()) == ()


def test_chinese_is_written_as_it_reads(tmp_path: Path) -> None:
    assert "您好。" in written(tmp_path).read_text(encoding="utf-8")


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_flat_file_has_the_modalitys_fields_beside_the_others(modality: Modality) -> None:
    block = case_of("en01", modality).profile.theory.block(modality)
    assert block
    flat = flat_file(ClientFile(main_problem="p", theory=block))
    assert set(type(block).model_fields) <= set(flat)
    assert not {"theory", "origins", "history"} & set(flat)
    assert flat_file(ClientFile(main_problem="p"))["main_problem"] == "p"


REFERENCE: dict[str, Any] = {
    "stage": "1",
    "focus": "build trust",
    "profile_snapshot": {"static_traits": {"name": "A"}, "main_problem": "", "core_beliefs": []},
    "transcript": [
        {"role": "user", "content": "[begin]"},
        {"role": "assistant", "content": "<think>x</think><response>Hello.</response>"},
        {"role": "user", "content": "Hi."},
    ],
    "summary": {"session_summary_abstract": "a", "next_session_stage": {"stage": 2}},
    "updated_profile": {"static_traits": {"name": "A"}},
    "evaluation_score": {"WAI": 7.5},
    "rollout_data": {"rollout_n": 4, "winner_rollout_index": 2},
    "some_field_of_theirs": [1],
}


def test_a_file_of_the_reference_releases_shape_is_read(tmp_path: Path) -> None:
    path = tmp_path / "session_1.json"
    path.write_text(json.dumps(REFERENCE), encoding="utf-8")
    record = read_session(path)
    assert record.schema_version == 0
    assert [u.role for u in record.transcript] == ["user", "assistant", "user"]
    assert (record.stage, record.focus) == ("1", "build trust")
    rollouts = record.typed_rollouts()
    assert rollouts
    assert (rollouts.winner_rollout_index, rollouts.rewards) == (2, {})
    assert record.turns == ()
    with pytest.raises(RecordError, match="summary: "):
        record.typed_summary()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"transcript": [', "is truncated or not JSON"),
        ("", "is truncated or not JSON"),
        ("[]", "holds a list, not a session"),
        ('{"stage": "1"}', "field 'transcript' is missing"),
        ('{"transcript": [{"role": "user"}]}', "field 'transcript.0.content' is missing"),
        ('{"transcript": [], "turns": [{"speaker": "judge", "text": "x"}]}', "field 'turns.0.speaker'"),
    ],
)
def test_a_broken_session_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "session_1.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError) as error:
        read_session(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)


def test_a_missing_session_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"session_3\.json: no such file"):
        read_session(CaseFolder(tmp_path).session_path(3))
