"""Count a run's cases and what they cost, from their files alone."""

from __future__ import annotations

from collections import Counter

from psychagent.domain.usage import sum_usage
from psychagent.errors import RecordError
from psychagent.records.course import CourseRecord
from psychagent.records.folder import CaseFolder, RunFolder
from psychagent.records.judged.unscored import Unscored, count_unscored
from psychagent.records.manifest import Manifest
from psychagent.runs.money.spent import embedded_in
from psychagent.runs.outcome import Status


def with_totals(folder: RunFolder, manifest: Manifest) -> Manifest:
    """Update a manifest with the totals over all stored cases, including those of earlier commands."""
    records = [record_of(place) for place in folder.cases()]
    usage = sum_usage(record.usage for record in records) + embedded_in(folder)
    counts = Counter(record.status or Status.PARTIAL.value for record in records)
    unscored = sum((record.unscored for record in records), Unscored())
    cases = dict(sorted(counts.items()))
    return manifest.model_copy(update={"totals": usage.roles, "cases": cases, "unscored": unscored})


def record_of(place: CaseFolder) -> CourseRecord:
    """Read how far a case is; where its file lags behind its sessions, these count."""
    try:
        record = place.course()
    except RecordError:
        record = CourseRecord()
    sessions = place.sessions().records
    if record.num_sessions == len(sessions) and record.status:
        return record
    # a process was killed after the course file was last written, so count the sessions instead
    usage = sum_usage(s.usage for s in sessions) + record.failed_usage
    return record.model_copy(update={"usage": usage, "unscored": count_unscored(sessions)})
