"""Sum up a case from its stored files alone, never from the state of this process."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from psychagent.domain.rollout import Failure
from psychagent.domain.turn import count_counselor_turns
from psychagent.domain.usage import Usage, sum_usage
from psychagent.errors import RecordError
from psychagent.nodes.state import CourseState
from psychagent.records.course import SCHEMA_VERSION, CourseRecord, write_course
from psychagent.records.folder import CaseFolder, RunFolder
from psychagent.records.judged.unscored import count_unscored
from psychagent.records.session import SessionRecord
from psychagent.runs.outcome import Outcome, Status, status_of

log = logging.getLogger(__name__)


def close_case(
    folder: RunFolder,
    place: CaseFolder,
    *,
    values: CourseState,
    failure: Failure | None,
    open_usage: Usage,
    spent: Usage,
    held: str = "",
) -> Outcome:
    """Summarize a case and write its course file.

    Args:
        folder: The run's folder.
        place: The case's folder.
        values: The newest state of its course.
        failure: Why the case failed; None if it ended or was stopped.
        open_usage: Usage of sessions that have no file yet.
        spent: Usage of the call that failed.
        held: Why a course that is not over was stopped, if the run itself did so.

    Raises:
        RecordError: If the file cannot be written.
    """
    stored = place.sessions()
    sessions = stored.records
    failed = _failed_before(place) + spent
    outcome = Outcome(
        case_id=place.case_id,
        modality=place.modality,
        status=_status(values, failure),
        sessions=len(sessions),
        turns=sum(count_counselor_turns(s.turns) for s in sessions),
        usage=sum_usage(s.usage for s in sessions) + open_usage + failed,
        failure=failure,
        unscored=count_unscored(sessions),
        folder=str(place.path),
    )
    # a session that cannot be read was reported on resume: what is on record of it stays
    if (sessions or failure or values) and not (stored.broken and place.course_path.exists()):
        why = "error" if outcome.failure else held if outcome.status is Status.PARTIAL else ""
        record = _to_record(folder, outcome, values, sessions, failed=failed)
        ended = values.get("finished_reason")
        write_course(place.course_path, record.model_copy(update={"finished_reason": ended or why}))
    return outcome


def _status(values: CourseState, failure: Failure | None) -> Status:
    is_own = failure is not None and not failure.ends_run
    return Status.FAILED if is_own else status_of(values.get("finished_reason"))


def _failed_before(place: CaseFolder) -> Usage:
    try:
        return place.course().failed_usage
    except RecordError as error:
        # the file is made again from the sessions, which do not hold what failed calls cost
        if place.course_path.exists():
            log.warning("%s; it is written anew, without the cost of calls that failed before", error)
        return Usage()


def _to_record(
    folder: RunFolder,
    outcome: Outcome,
    values: CourseState,
    sessions: Sequence[SessionRecord],
    *,
    failed: Usage,
) -> CourseRecord:
    session = values.get("open")
    return CourseRecord(
        schema_version=SCHEMA_VERSION,
        case_id=outcome.case_id,
        baseline_name=folder.name,
        modality=outcome.modality.value,
        finished=outcome.status.is_finished,
        num_sessions=outcome.sessions,
        next_session_index=outcome.sessions + 1,
        current_stage=session.plan.stage.value if session else "",
        status=outcome.status.value,
        failure=outcome.failure,
        corrections=tuple(c for s in sessions for c in s.corrections),
        usage=outcome.usage,
        failed_usage=failed,
        unscored=outcome.unscored,
    )
