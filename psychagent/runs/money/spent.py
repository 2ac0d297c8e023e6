"""What a run's folder says was spent: sessions, calls that failed, and the journals of open sessions."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.call import CallId
from psychagent.domain.usage import RoleUsage, Usage, sum_usage
from psychagent.errors import RecordError
from psychagent.records.calls import StoredCall, read_journal
from psychagent.records.course import CourseRecord
from psychagent.records.folder import CaseFolder, RunFolder
from psychagent.records.spent.log import SpentLog

_ASIDE = ".earlier-"
"""Stands in the name of a log that was put aside, whose answers nobody takes."""


def spent_in(folder: RunFolder) -> Usage:
    """Sum what the cases of a folder took, as far as it is on the disk; right after a kill, too.

    Raises:
        RecordError: If a journal is damaged.
    """
    journals = _journals(folder)
    closed = {place.name: place for place in folder.cases()}
    parts = [_spent_on(place, journals.pop(name, ())) for name, place in closed.items()]
    # a case whose first session is open has no folder yet
    opened = (_open(name, calls, done=0) for name, calls in journals.items())
    return sum_usage([*parts, *opened, embedded_in(folder)])


def embedded_in(folder: RunFolder) -> Usage:
    """Return what an embedder behind an endpoint took.

    Raises:
        RecordError: If its log is damaged.
    """
    return sum_usage(Usage(roles={line.role: line.used}) for line in SpentLog(folder.spent).read())


def _journals(folder: RunFolder) -> dict[str, Sequence[StoredCall]]:
    """Read all journals, by the name of their course; nothing is mended."""
    paths = sorted(path for path in folder.calls.glob("*/*.jsonl") if _ASIDE not in path.name)
    read = (read_journal(path, mend=False) for path in paths)
    return {found[0].calls_of: found[1] for found in read if found}


def _spent_on(place: CaseFolder, calls: Sequence[StoredCall]) -> Usage:
    stored, course = place.sessions(), _course(place)
    done = max((file.index for file in place.session_files()), default=0)
    closed = sum_usage(session.usage for session in stored.records) + course.failed_usage
    if stored.broken:
        # what was on record when the case was closed last holds the sessions that cannot be read now
        return course.usage
    return closed + _open(place.name, calls, done=done)


def _course(place: CaseFolder) -> CourseRecord:
    try:
        return place.course()
    except RecordError:
        return CourseRecord()


def _open(thread: str, calls: Sequence[StoredCall], *, done: int) -> Usage:
    """Sum what is spent on sessions without a record; what was taken back counts among what failed."""
    costs: dict[CallId, RoleUsage] = {}
    for stored in calls:
        if stored.session <= done:
            continue
        call = stored.call(thread)
        if stored.value is None:
            costs.pop(call, None)
        elif stored.cost is not None:
            costs[call] = costs.get(call, RoleUsage()) + stored.cost
    return sum_usage(Usage(roles={call.role: cost}) for call, cost in costs.items())
