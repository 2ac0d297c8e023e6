"""Run one case: start or resume it, write its files, and report how it ended."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.types import StateSnapshot

from psychagent.assets.cases import CaseFile
from psychagent.domain.call import thread_id
from psychagent.domain.profile import Case
from psychagent.domain.rollout import Failure
from psychagent.domain.usage import Usage
from psychagent.errors import (
    CallError,
    ClaimLostError,
    RecordError,
    RemovedError,
    SkillStoreError,
    captured,
    cause_of,
    reason_of,
    usage_of,
)
from psychagent.flows.events import SessionClosed, read_events
from psychagent.runs.case import CourseRun, config_of, place_of, sessions_done, store_session, values_of
from psychagent.runs.closing import close_case
from psychagent.runs.events import InCase
from psychagent.runs.outcome import Outcome, Status
from psychagent.runs.resume.restore import check_untouched, mend_files, was_deleted
from psychagent.runs.workers.base import Claim

log = logging.getLogger(__name__)


async def run_case(run: CourseRun, claim: Claim[CaseFile]) -> Outcome:
    """Run a claimed case to the end of its course, or as far as it goes.

    Any error is recorded with the case, so that the other cases continue; but if skills cannot be
    retrieved, or the run's files were removed, the whole run stops.
    """
    file, failure, spent = claim.task, None, Usage()
    unwritable: tuple[type[Exception], ...] = (RecordError, *run.checkpoints.faults)
    try:
        # where the claim is lost, its files belong to another worker
        error = await captured(run.stop.bound(_advance(run, claim)), GraphDrained, ClaimLostError)
    except GraphDrained as drained:
        # finished work is stored, and the case counts as partial
        log.log(logging.INFO if run.stop.asked else logging.WARNING, "%s: stopped (%s)", claim.name, drained)
    else:
        if error is not None:
            failure, spent = _lose(run, claim, error), usage_of(error)
    try:
        return await _close(run, claim, failure=failure, spent=spent)
    except ClaimLostError:
        raise
    except unwritable as error:
        if isinstance(error, RemovedError) and not run.stop.asked:
            run.stop.ask(str(error))
        # not even the course file can be written, but the outcome still holds the reason
        log.error("%s: its course file cannot be written (%s)", claim.name, error)
        return Outcome(
            case_id=file.case_id,
            modality=file.modality,
            status=Status.FAILED,
            failure=failure or _failure(run, error),
            folder=str(place_of(run, file).path),
        )


def _lose(run: CourseRun, claim: Claim[CaseFile], error: Exception) -> Failure:
    """Say why a case is lost; stop the run where no case could fare better."""
    failure = _failure(run, error)
    log.error("%s: lost (%s)", claim.name, failure.message)
    if isinstance(error, SkillStoreError | RemovedError) or failure.ends_run:
        # do not let others spend calls on finding that out
        run.stop.ask(failure.message)
    return _take_back(run, error) or failure


def _failure(run: CourseRun, error: Exception) -> Failure:
    is_stored = isinstance(error, run.checkpoints.faults)
    message = run.checkpoints.explain(error) if is_stored else reason_of(error)
    return Failure.of(error, message, cause=cause_of(error))


def _take_back(run: CourseRun, error: Exception) -> Failure | None:
    """Take back the replies of a call that failed for good; return why that cannot be noted, if so."""
    if not (isinstance(error, CallError) and error.call):
        return None
    try:
        run.journals.void(error.call)
    except RecordError as unwritable:
        return _failure(run, unwritable)
    return None


async def _advance(run: CourseRun, claim: Claim[CaseFile]) -> None:
    case = claim.task.load()
    config = config_of(run, case)
    snapshot = await _find_state(run, case, config)
    if snapshot.created_at:
        if await was_deleted(run, case, values_of(snapshot)):
            await run.checkpoints.forget(thread_id(case.modality, case.case_id))
            run.journals.forget(thread_id(case.modality, case.case_id))
            await asyncio.to_thread(run.audit.restart, thread_id(case.modality, case.case_id))
            snapshot = await run.graph.aget_state(config)
        else:
            await mend_files(run, claim, case, values_of(snapshot))
            await _renew_retries(run, config, snapshot)
    else:
        check_untouched(run, case)
        run.ledger.begin()
    thread = thread_id(case.modality, case.case_id)
    run.journals.open(thread, after=sessions_done(values_of(snapshot)))
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
            store_session(run, claim, case, event.session)
            run.journals.settle(thread, event.session.session_index)
        run.tell(InCase(case.modality, case.case_id, event))


async def _find_state(run: CourseRun, case: Case, config: RunnableConfig) -> StateSnapshot:
    """Read where a course stands.

    Where its checkpoints are damaged and it has no file, they are dropped: the journal holds all answers
    that its first session was given so far, and a person who wants a case held anew removes its folder.
    """
    try:
        return await run.graph.aget_state(config)
    except run.checkpoints.faults as error:
        if place_of(run, case).session_files():
            raise
        log.warning("%s; the case begins anew with what its journal holds", run.checkpoints.explain(error))
        await run.checkpoints.forget(thread_id(case.modality, case.case_id))
        return await run.graph.aget_state(config)


async def _renew_retries(run: CourseRun, config: RunnableConfig, snapshot: StateSnapshot) -> None:
    """Let a session whose rollouts failed for good be tried again: its retry count starts over.

    Attempts keep counting, so that the next try gets other seeds and is another session.
    """
    if any(task.name == "select" for task in snapshot.tasks):
        session = values_of(snapshot)["open"]
        renewed = session.model_copy(update={"first_attempt": session.attempts + 1})
        await run.graph.aupdate_state(config, {"open": renewed}, as_node="rollout")


async def _close(run: CourseRun, claim: Claim[CaseFile], *, failure: Failure | None, spent: Usage) -> Outcome:
    claim.check()
    run.checkpoints.check()
    file = claim.task
    thread = thread_id(file.modality, file.case_id)
    snapshot = await run.graph.aget_state(config_of(run, file))
    outcome = close_case(
        run.folder,
        place_of(run, file),
        values=values_of(snapshot),
        failure=failure,
        open_usage=run.journals.unsettled(thread),
        spent=spent,
        held="budget" if run.ledger.holds and not run.stop.by_signal else "",
    )
    if outcome.status.is_finished:
        await run.checkpoints.compact(thread)
    run.journals.close(thread, finished=outcome.status.is_finished)
    return outcome
