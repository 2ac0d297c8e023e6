"""One case of a run: start or go on, write its files, and say how it ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.errors import GraphDrained
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl

from psychagent.assets.profiles import CaseFile
from psychagent.domain.profile import Case
from psychagent.domain.turn import count_counselor_turns
from psychagent.domain.usage import Usage, sum_usage
from psychagent.errors import CallError, RecordError
from psychagent.nodes.opening import ENDED_BY_PLAN
from psychagent.nodes.state import CourseState, Failure, FinishedSession, Knobs
from psychagent.records.files import write_json
from psychagent.records.session import SessionRecord, read_session, session_path, write_session
from psychagent.runs.checkpoints import compact
from psychagent.runs.layout import RunFolder, session_data, thread_id
from psychagent.runs.outcome import Outcome, Status

ROOT_STEPS = 8
"""Supersteps of the course graph for one session, with room."""


@dataclass(frozen=True)
class CourseRun:
    """What it takes to run the cases of one folder."""

    graph: CompiledStateGraph[CourseState, Knobs, Any, Any]
    saver: AsyncSqliteSaver
    folder: RunFolder
    knobs: Knobs
    control: RunControl
    keep_all: bool = True
    """Whether session files keep the dialogues of rollouts that were not chosen."""
    on_session: Callable[[Case, FinishedSession], None] = lambda case, session: None


async def run_case(run: CourseRun, file: CaseFile) -> Outcome:
    """Run a case to the end of its course, or as far as it goes.

    Everything that goes wrong with this case is recorded, so that its siblings go on.
    """
    try:
        await _advance(run, file.load())
    except GraphDrained:
        # stopped on request: what is done is stored, and the case counts as partial
        return await _close(run, file, failure=None)
    except Exception as error:  # noqa: BLE001
        failure = _failure(error)
        spent = error.usage if isinstance(error, CallError) else None
        return await _close(run, file, failure=failure, spent=spent)
    return await _close(run, file, failure=None)


def _failure(error: Exception) -> Failure:
    return Failure(error=type(error).__name__, message=" ".join(str(error).split())[:600])


def _config(run: CourseRun, case: CaseFile | Case) -> RunnableConfig:
    return {
        "configurable": {"thread_id": thread_id(case.modality, case.case_id)},
        "recursion_limit": ROOT_STEPS * run.knobs.max_sessions + 10,
    }


def _values(snapshot: Any) -> CourseState:
    values: CourseState = snapshot.values
    return values


async def _advance(run: CourseRun, case: Case) -> None:
    config = _config(run, case)
    snapshot = await run.graph.aget_state(config)
    if snapshot.created_at:
        if await _was_deleted(run, case, _values(snapshot)):
            await run.saver.adelete_thread(thread_id(case.modality, case.case_id))
            snapshot = await run.graph.aget_state(config)
        else:
            await _mend_files(run, case, _values(snapshot))
    # `next` may be empty while tasks are pending, so only tasks tell that a course is done
    if snapshot.created_at and not snapshot.tasks:
        return
    start: Any = None if snapshot.created_at else {"case": case}
    stream = run.graph.astream(
        start,
        config,
        context=run.knobs,
        stream_mode="updates",
        durability="sync",
        control=run.control,
    )
    async for update in stream:
        session = (update.get("reflect") or {}).get("finished_session")
        if session is not None:
            _write_session(run, case, session)


async def _was_deleted(run: CourseRun, case: Case, values: CourseState) -> bool:
    """Tell whether a person removed the case's folder, which means to run it anew."""
    done = _sessions_done(values)
    folder = run.folder.case_dir(case.modality, case.case_id)
    return done > 1 and not any(folder.glob("session_*.json"))


def _sessions_done(values: CourseState) -> int:
    """Count the finished sessions of a state: the open one is not done until its record is closed."""
    index = values.get("session_index", 0)
    return index if values.get("finished_session") or values.get("finished_reason") else max(index - 1, 0)


async def _mend_files(run: CourseRun, case: Case, values: CourseState) -> None:
    """Make sure that every finished session has its file; what the checkpoint still holds is written again.

    Raises:
        RecordError: If a file is missing or broken and its session is no longer in a checkpoint.
    """
    folder = run.folder.case_dir(case.modality, case.case_id)
    broken: dict[int, str] = {}
    for index in range(1, _sessions_done(values) + 1):
        try:
            read_session(session_path(folder, index))
        except RecordError as error:
            broken[index] = str(error)
    if not broken:
        return
    async for snapshot in run.graph.aget_state_history(_config(run, case)):
        session = snapshot.values.get("finished_session")
        if session is not None and session.session_index in broken:
            _write_session(run, case, session)
            del broken[session.session_index]
    if broken:
        index, problem = next(iter(broken.items()))
        raise RecordError(
            f"{problem}; its session is no longer in the checkpoints: put the file back, or delete "
            f"the folder {folder} to run this case anew"
        )


def _write_session(run: CourseRun, case: Case, session: FinishedSession) -> None:
    folder = run.folder.case_dir(case.modality, case.case_id)
    write_session(
        session_path(folder, session.session_index), session_data(case, session, keep_all=run.keep_all)
    )
    run.on_session(case, session)


async def _close(
    run: CourseRun, file: CaseFile, *, failure: Failure | None, spent: Usage | None = None
) -> Outcome:
    """Sum the case up from what is stored, and write its course file."""
    snapshot = await run.graph.aget_state(_config(run, file), subgraphs=True)
    values = _values(snapshot)
    folder = run.folder.case_dir(file.modality, file.case_id)
    sessions = stored_sessions(folder)
    ended = bool(values.get("finished_reason")) and failure is None
    status = _status(values, ended=ended, failed=failure is not None)
    usage = sum_usage(s.usage for s in sessions) + _open_usage(snapshot) + (spent or Usage())
    outcome = Outcome(
        case_id=file.case_id,
        modality=file.modality,
        status=status,
        sessions=len(sessions),
        turns=sum(count_counselor_turns(s.turns) for s in sessions),
        usage=usage,
        failure=failure,
        folder=str(folder),
    )
    if sessions or failure or values:
        write_json(
            run.folder.course(file.modality, file.case_id), _course_data(run, outcome, values, sessions)
        )
    if ended:
        await compact(run.saver, thread_id(file.modality, file.case_id))
    return outcome


def _status(values: CourseState, *, ended: bool, failed: bool) -> Status:
    if failed:
        return Status.FAILED
    if not ended:
        return Status.PARTIAL
    return Status.ENDED_BY_PLAN if values["finished_reason"] == ENDED_BY_PLAN else Status.ENDED_BY_LIMIT


def stored_sessions(folder: Any) -> list[SessionRecord]:
    """Read the session files of a case that can be read, in order."""
    found = []
    for path in folder.glob("session_*.json"):
        try:
            found.append(read_session(path))
        except RecordError:
            # named already where the case was resumed; sums go on without it
            continue
    return sorted(found, key=lambda record: record.session_index)


def _open_usage(snapshot: Any) -> Usage:
    """Sum what the open session has cost so far, from its checkpoints."""
    values = snapshot.values
    if values.get("finished_session") or values.get("finished_reason") or not values:
        return Usage()
    parts = [values.get("opening_usage"), *(r.usage for r in values.get("rollouts", []))]
    for task in snapshot.tasks:
        inner = getattr(task.state, "values", None)
        if isinstance(inner, dict):
            parts.append(inner.get("usage"))
    return sum_usage(part for part in parts if part)


def _course_data(
    run: CourseRun, outcome: Outcome, values: CourseState, sessions: list[SessionRecord]
) -> dict[str, Any]:
    plan = values.get("plan")
    corrections = [c.model_dump(mode="json") for s in sessions for c in s.corrections]
    return {
        "schema_version": 1,
        "case_id": outcome.case_id,
        "baseline_name": run.folder.baseline,
        "modality": outcome.modality.value,
        "finished": outcome.status.is_finished,
        "finished_reason": values.get("finished_reason") or ("error" if outcome.failure else ""),
        "num_sessions": outcome.sessions,
        "next_session_index": outcome.sessions + 1,
        "current_stage": plan.stage.value if plan else "",
        "status": outcome.status.value,
        "failure": outcome.failure.model_dump() if outcome.failure else None,
        "corrections": corrections,
        "usage": outcome.usage.model_dump(mode="json"),
    }


def remove_run(folder: RunFolder) -> None:
    """Remove what a run wrote, and nothing else, so that it starts anew.

    Raises:
        RecordError: If something cannot be removed.
    """
    from_run = [*(folder.path / m for m in ("bt", "cbt", "het", "pdt", "pmt")), folder.manifest]
    try:
        for path in [*from_run, *folder.path.glob("checkpoints.sqlite*")]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(
            f"{error.filename}: cannot be removed ({error.strerror}); remove it by hand"
        ) from error
