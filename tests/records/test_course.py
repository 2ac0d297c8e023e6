"""A course's file: what is written is read back, and files of older versions and other tools are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psychagent.domain.rollout import Failure
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import RecordError
from psychagent.records.course import SCHEMA_VERSION, CourseRecord, read_course, write_course

RECORD = CourseRecord(
    schema_version=SCHEMA_VERSION,
    case_id="en01",
    baseline_name="mine",
    modality="cbt",
    finished_reason="error",
    num_sessions=2,
    next_session_index=3,
    current_stage="intervention",
    status="failed",
    failure=Failure(error="ProviderError", message="gone"),
    usage=Usage(roles={"counselor": RoleUsage(calls=2)}),
)


def test_a_course_is_read_back_as_it_was_and_its_version_stands_first(tmp_path: Path) -> None:
    path = tmp_path / "cbt" / "en01" / "course.json"
    write_course(path, RECORD)
    assert read_course(path) == RECORD
    assert next(iter(json.loads(path.read_text(encoding="utf-8")))) == "schema_version"


def test_a_file_of_the_reference_releases_shape_is_read(tmp_path: Path) -> None:
    data = {
        "case_id": "7",
        "baseline_name": "b",
        "modality": "cbt",
        "finished": True,
        "finished_reason": None,
        "num_sessions": 6,
        "next_session_index": 7,
        "current_stage": "3",
        "of_theirs": {},
    }
    (tmp_path / "course.json").write_text(json.dumps(data), encoding="utf-8")
    record = read_course(tmp_path / "course.json")
    assert (record.schema_version, record.finished, record.num_sessions) == (0, True, 6)
    assert record.failure is None


def test_a_file_that_is_no_course_is_named(tmp_path: Path) -> None:
    (tmp_path / "course.json").write_text('{"num_sessions": "many"}', encoding="utf-8")
    with pytest.raises(RecordError, match=r"course\.json: field 'num_sessions' has 'many'"):
        read_course(tmp_path / "course.json")
