"""A course's file: how far a case has come and what it has cost."""

from __future__ import annotations

from pathlib import Path

from psychagent.domain.plan import Correction
from psychagent.domain.rollout import Failure
from psychagent.domain.usage import Usage
from psychagent.errors import RecordError
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json
from psychagent.records.base import StoredFile
from psychagent.records.judged.unscored import Unscored

SCHEMA_VERSION = 1


class CourseRecord(StoredFile):
    """A course as stored in its file; fields that the reference release lacks are optional."""

    case_id: str = ""
    baseline_name: str = ""
    modality: str = ""
    finished: bool = False
    finished_reason: str | None = None
    num_sessions: int = 0
    next_session_index: int = 1
    current_stage: str = ""
    status: str = ""
    failure: Failure | None = None
    corrections: tuple[Correction, ...] = ()
    usage: Usage = Usage()
    """Total usage of the case."""
    failed_usage: Usage = Usage()
    """The part spent on calls that failed for good, which no session includes."""
    unscored: Unscored = Unscored()
    """Rollouts that lack scores of the judge."""


def read_course(path: Path) -> CourseRecord:
    """Read a course's file.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    return to_model(CourseRecord, read_json(path), origin=str(path), raise_as=RecordError)


def write_course(path: Path, record: CourseRecord) -> None:
    """Write a course's file whole or not at all."""
    write_json(path, record.to_file())
