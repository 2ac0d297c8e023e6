"""Run one case: start or resume it, write its files, and report how it ended."""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot

from psychagent.assets.profiles import CaseFile
from psychagent.domain.base import Modality
from psychagent.domain.call import thread_id
from psychagent.domain.profile import Case
from psychagent.domain.rollout import Failure, FinishedSession
from psychagent.domain.usage import Usage
from psychagent.errors import (
    CallError,
    ClaimLostError,
    PsychAgentError,
    RecordError,
    SkillStoreError,
    usage_of,
)
from psychagent.flows.events import SessionClosed, read_events
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import CourseState
from psychagent.records.folder import CaseFolder, RunFolder
from psychagent.records.session import read_session, to_record, write_session
from psychagent.runs.checkpoints.base import Checkpoints
from psychagent.runs.closing import close_case
from psychagent.runs.events import InCase, Tell, tell_nobody
from psychagent.runs.journals.base import Journals
from psychagent.runs.outcome import Outcome, Status
from psychagent.runs.stop import Stop
from psychagent.runs.workers.base import Claim

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CourseRun:
    """Everything needed to run the cases of one folder."""

    graph: CompiledStateGraph[CourseState, Knobs, Any, Any]
    limit: int
    """Maximum supersteps of a course."""
    checkpoints: Checkpoints
    journals: Journals
    folder: RunFolder
    knobs: Knobs
    stop: Stop
    keep_all: bool = True
    """Whether session files keep the dialogues of rollouts that were not chosen."""
    tell: Tell = tell_nobody


async def run_case(run: CourseRun, claim: Claim[CaseFile]) -> Outcome:
    """Run a claimed case to the end of its course, or as far as it goes.

    Any error is recorded with the case, so that the other cases continue; but if skills cannot be
    retrieved, the whole run stops.
    """
    file, failure, spent = claim.task, None, Usage()
    unwritable: tuple[type[Exception], ...] = (RecordError, *run.checkpoints.faults)
    try:
        await run.stop.bound(_advance(run, claim))
    except GraphDrained:
        # stopped on request: finished work is stored, and the case counts as partial
        log.info("%s: stopped on request", claim.name)
    except ClaimLostError:
        # its files now belong to another worker
        raise
    except Exception as error:  # noqa: BLE001
        failure = _failure(run, error)
        log.error("%s: lost (%s)", claim.name, failure.message)
        if isinstance(error, SkillStoreError):
            # no case can continue without skills, so do not let others spend calls on finding that out
            run.stop.ask(failure.message)
        spent = usage_of(error)
        failure = _take_back(run, error) or failure
    try:
        return await _close(run, claim, failure=failure, spent=spent)
    except ClaimLostError:
        raise
    except unwritable as error:
        # not even the course file can be written, but the outcome still holds the reason
        log.error("%s: its course file cannot be written (%s)", claim.name, error)
        return Outcome(
            case_id=file.case_id,
            modality=file.modality,
            status=Status.FAILED,
            failure=failure or _failure(run, error),
            folder=str(_place(run, file).path),
        )


def _failure(run: CourseRun, error: Exception) -> Failure:
    message = " ".join(str(error).split())
    if isinstance(error, run.checkpoints.faults):
        message = f"{run.checkpoints.place}: {message}; free space and run again"
    elif not isinstance(error, PsychAgentError):
        # the message was not written for users, so name the class too
        message = f"{type(error).__name__}: {message}"
    return Failure.of(error, message)


def _take_back(run: CourseRun, error: Exception) -> Failure | None:
    """Take back the replies of a call that failed for good; return why that cannot be noted, if so."""
    if not (isinstance(error, CallError) and error.call):
        return None
    try:
        run.journals.void(error.call)
    except RecordError as unwritable:
        return _failure(run, unwritable)
    return None


def _config(run: CourseRun, case: CaseFile | Case) -> RunnableConfig:
    return {
        "configurable": {"thread_id": thread_id(case.modality, case.case_id)},
        "recursion_limit": run.limit,
    }


def _place(run: CourseRun, case: CaseFile | Case) -> CaseFolder:
    return run.folder.case(case.modality, case.case_id)


def _values(snapshot: StateSnapshot) -> CourseState:
    return cast("CourseState", snapshot.values)


async def _advance(run: CourseRun, claim: Claim[CaseFile]) -> None:
    case = claim.task.load()
    config = _config(run, case)
    snapshot = await run.graph.aget_state(config)
    if snapshot.created_at:
        if await _was_deleted(run, case, _values(snapshot)):
            await run.checkpoints.forget(thread_id(case.modality, case.case_id))
            run.journals.forget(thread_id(case.modality, case.case_id))
            snapshot = await run.graph.aget_state(config)
        else:
            await _mend_files(run, claim, case, _values(snapshot))
            await _renew_retries(run, config, snapshot)
    else:
        _check_untouched(run, case)
    thread = thread_id(case.modality, case.case_id)
    run.journals.open(thread, after=_sessions_done(_values(snapshot)))
    # `next` may be empty while tasks are pending, so only `tasks` shows that a course is finished
    if snapshot.created_at and not snapshot.tasks:
        return
    start: Any = None if snapshot.created_at else {"case": case}
    stream = run.graph.astream(
        start,
        config,
        context=run.knobs,
        stream_mode=["updates"],
        durability="sync",
        control=run.stop.control,
        version="v2",
    )
    async for event in read_events(stream):
        claim.ledger.beat(claim.name, claim.fence)
        if isinstance(event, SessionClosed):
            _write_session(run, claim, case, event.session)
            run.journals.settle(thread, event.session.session_index)
        run.tell(InCase(case.modality, case.case_id, event))


async def _renew_retries(run: CourseRun, config: RunnableConfig, snapshot: StateSnapshot) -> None:
    """Let a session whose rollouts failed for good be tried again: its retry count starts over.

    Attempts keep counting, so that the next try gets other seeds and is another session.
    """
    if any(task.name == "select" for task in snapshot.tasks):
        session = _values(snapshot)["open"]
        renewed = session.model_copy(update={"first_attempt": session.attempts + 1})
        await run.graph.aupdate_state(config, {"open": renewed}, as_node="rollout")


def _check_untouched(run: CourseRun, case: Case) -> None:
    """Refuse to overwrite sessions whose checkpoints are gone.

    Raises:
        RecordError: Naming the first of them.
    """
    place = _place(run, case)
    for file in place.session_files():
        raise RecordError(
            f"{file.path}: is there, but its course is not in {run.folder.checkpoints}; put the checkpoints "
            f"back, or delete the folder {place.path} to run this case anew"
        )


async def _was_deleted(run: CourseRun, case: Case, values: CourseState) -> bool:
    """Return whether someone removed the case's folder, which asks for the case to be run again."""
    finished = _sessions_done(values)
    return finished > 1 and not _place(run, case).session_files()


def _sessions_done(values: CourseState) -> int:
    """Count the finished sessions of a state; the open one counts once its record is closed."""
    session = values.get("open")
    if session is None:
        return 0
    return (
        session.index
        if values.get("finished_session") or values.get("finished_reason")
        else session.index - 1
    )


async def _mend_files(run: CourseRun, claim: Claim[CaseFile], case: Case, values: CourseState) -> None:
    """Ensure that every finished session has its file; rewrite those that checkpoints still hold.

    Raises:
        RecordError: If a file is missing or broken and its session is no longer in a checkpoint.
    """
    place = _place(run, case)
    broken: dict[int, str] = {}
    for index in range(1, _sessions_done(values) + 1):
        try:
            read_session(place.session_path(index))
        except RecordError as error:
            broken[index] = str(error)
    if not broken:
        return
    async for session in _checkpointed(run, case, values):
        if session.session_index in broken:
            _write_session(run, claim, case, session)
            del broken[session.session_index]
    if broken:
        index, problem = next(iter(broken.items()))
        raise RecordError(
            f"{problem}; its session is no longer in the checkpoints: put the file back, or delete "
            f"the folder {place.path} to run this case anew"
        )


async def _checkpointed(run: CourseRun, case: Case, values: CourseState) -> AsyncIterator[FinishedSession]:
    """Yield the sessions that checkpoints hold, newest first."""
    newest = values.get("finished_session")
    if newest is not None:
        # after a kill between a step's writes and its checkpoint, only the newest state holds it
        yield newest
    async for snapshot in run.graph.aget_state_history(_config(run, case)):
        session = snapshot.values.get("finished_session")
        if session is not None:
            yield session


def _write_session(run: CourseRun, claim: Claim[CaseFile], case: Case, session: FinishedSession) -> None:
    claim.check()
    path = _place(run, case).session_path(session.session_index)
    write_session(path, to_record(case, session, keep_all=run.keep_all))


async def _close(run: CourseRun, claim: Claim[CaseFile], *, failure: Failure | None, spent: Usage) -> Outcome:
    claim.check()
    file = claim.task
    thread = thread_id(file.modality, file.case_id)
    snapshot = await run.graph.aget_state(_config(run, file))
    outcome = close_case(
        run.folder,
        _place(run, file),
        values=_values(snapshot),
        failure=failure,
        open_usage=run.journals.unsettled(thread),
        spent=spent,
    )
    if outcome.status.is_finished:
        await run.checkpoints.compact(thread)
    run.journals.close(thread, finished=outcome.status.is_finished)
    return outcome


def remove_run(folder: RunFolder) -> None:
    """Remove what a run wrote, and nothing else, so that it starts over.

    Raises:
        RecordError: If something cannot be removed.
    """
    # checkpoints first: whatever a kill in between leaves is then refused, not resumed as a run
    from_run = [*folder.path.glob("checkpoints.sqlite*"), folder.calls]
    from_run += [folder.path / m.value for m in Modality]
    try:
        for path in [*from_run, folder.manifest_path]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(
            f"{error.filename}: cannot be removed ({error.strerror}); remove it by hand"
        ) from error
