"""A course's file: how far a case has come and what it has cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from psychagent.domain.usage import Usage
from psychagent.errors import RecordError
from psychagent.files.read import read_json, to_model


class CourseRecord(BaseModel):
    """A course as its file tells it; fields that the reference release lacks are optional."""

    model_config = ConfigDict(extra="allow")

    schema_version: int = 0
    case_id: str = ""
    modality: str = ""
    finished: bool = False
    finished_reason: str | None = None
    num_sessions: int = 0
    status: str = ""
    failure: dict[str, Any] | None = None
    usage: Usage = Field(default_factory=Usage)
    """All that the case has cost."""
    failed_usage: Usage = Field(default_factory=Usage)
    """The part that went into calls which failed for good; no session holds it."""


def course_path(case_dir: Path) -> Path:
    """Return where a course's file stands."""
    return case_dir / "course.json"


def read_course(case_dir: Path) -> CourseRecord:
    """Read a course's file.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    path = course_path(case_dir)
    return to_model(CourseRecord, read_json(path), origin=str(path), raise_as=RecordError)
