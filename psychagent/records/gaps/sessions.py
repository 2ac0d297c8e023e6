"""Sessions that a course has held and that no file tells of any more; knows nothing of what they hold."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from psychagent.errors import RecordError
from psychagent.records.folder import CaseFolder


class Gap(NamedTuple):
    """The first session file of a case that should be there and is not."""

    path: Path
    reason: str


def missing_sessions(place: CaseFolder) -> Gap | None:
    """Find sessions that have no file, though a later one has, or the course's file counts them."""
    there = {file.index for file in place.session_files()}
    with suppress(RecordError):
        course = place.course()
        # what the reference release counts there is its own affair
        there |= {course.num_sessions + 1} if course.schema_version else set()
    last = max(there, default=1)
    first = next(index for index in count(1) if index not in there)
    if first >= last:
        return None
    more = last - len(there) - 1
    also = f", and so are {more} more of the course" if more else ""
    return Gap(place.session_path(first), f"is missing{also}; put it back")
