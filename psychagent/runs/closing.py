"""How a case stands: summed up from what is stored, never from what a process remembers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from psychagent.domain.base import Modality
from psychagent.domain.rollout import Failure
from psychagent.domain.turn import count_counselor_turns
from psychagent.domain.usage import Usage, sum_usage
from psychagent.errors import RecordError
from psychagent.files.write import write_json
from psychagent.flows.spent import open_usage
from psychagent.nodes.state import CourseState
from psychagent.records.course import CourseRecord, read_course
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import Manifest
from psychagent.records.session import SessionRecord, read_session
from psychagent.runs.outcome import Outcome, Status, status_of


def close_case(
    folder: RunFolder,
    modality: Modality,
    case_id: str,
    *,
    snapshot: Any,
    failure: Failure | None,
    spent: Usage,
) -> Outcome:
    """Sum a case up and write its course file.

    Args:
        folder: The run's.
        modality: The case's.
        case_id: The case's.
        snapshot: The newest checkpoint of its thread, nested ones included.
        failure: Why it went no further; None where it ended or was stopped.
        spent: What the call that failed has cost.

    Raises:
        RecordError: If the file cannot be written.
    """
    values: CourseState = snapshot.values
    place = folder.case_dir(modality, case_id)
    sessions = stored_sessions(place)
    failed = _failed_before(place) + spent
    outcome = Outcome(
        case_id=case_id,
        modality=modality,
        status=_status(values, failure),
        sessions=len(sessions),
        turns=sum(count_counselor_turns(s.turns) for s in sessions),
        usage=sum_usage(s.usage for s in sessions) + open_usage(snapshot) + failed,
        failure=failure,
        folder=str(place),
    )
    if sessions or failure or values:
        write_json(
            folder.course(modality, case_id), _course_data(folder, outcome, values, sessions, failed=failed)
        )
    return outcome


def _status(values: CourseState, failure: Failure | None) -> Status:
    return Status.FAILED if failure is not None else status_of(values.get("finished_reason"))


def _failed_before(place: Path) -> Usage:
    try:
        return read_course(place).failed_usage
    except RecordError:
        # none yet, or cut off: the file is made again from what is left
        return Usage()


def stored_sessions(place: Path) -> list[SessionRecord]:
    """Read the session files of a case that can be read, in order."""
    found = []
    for path in place.glob("session_*.json"):
        try:
            found.append(read_session(path))
        except RecordError:
            # named already where the case was resumed; sums go on without it
            continue
    return sorted(found, key=lambda record: record.session_index)


def _course_data(
    folder: RunFolder,
    outcome: Outcome,
    values: CourseState,
    sessions: list[SessionRecord],
    *,
    failed: Usage,
) -> dict[str, Any]:
    session = values.get("open")
    corrections = [c.model_dump(mode="json") for s in sessions for c in s.corrections]
    return {
        "schema_version": 1,
        "case_id": outcome.case_id,
        "baseline_name": folder.baseline,
        "modality": outcome.modality.value,
        "finished": outcome.status.is_finished,
        "finished_reason": values.get("finished_reason") or ("error" if outcome.failure else ""),
        "num_sessions": outcome.sessions,
        "next_session_index": outcome.sessions + 1,
        "current_stage": session.plan.stage.value if session else "",
        "status": outcome.status.value,
        "failure": outcome.failure.model_dump() if outcome.failure else None,
        "corrections": corrections,
        "usage": outcome.usage.model_dump(mode="json"),
        "failed_usage": failed.model_dump(mode="json"),
    }


def with_totals(folder: RunFolder, manifest: Manifest) -> Manifest:
    """Give a manifest the sums of what is stored of all cases, those of earlier commands included."""
    places = [p for m in Modality for p in sorted((folder.path / m.value).glob("*")) if p.is_dir()]
    records = [_record_of(place) for place in places]
    usage = sum_usage(record.usage for record in records)
    counts = Counter(record.status or Status.PARTIAL.value for record in records)
    return manifest.model_copy(update={"totals": usage.roles, "cases": dict(sorted(counts.items()))})


def _record_of(place: Path) -> CourseRecord:
    try:
        record = read_course(place)
    except RecordError:
        record = CourseRecord()
    sessions = stored_sessions(place)
    if record.num_sessions == len(sessions) and record.status:
        return record
    # a process was killed after the case was last summed up, so its sessions tell
    held = sum_usage(s.usage for s in sessions) + record.failed_usage
    return record.model_copy(update={"usage": held})
