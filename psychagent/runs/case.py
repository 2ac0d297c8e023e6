"""What the work on one case is done with, and where its state and files are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot

from psychagent.assets.cases import CaseFile
from psychagent.domain.call import thread_id
from psychagent.domain.profile import Case
from psychagent.domain.rollout import FinishedSession
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import CourseState
from psychagent.records.audit.file import FileAudit
from psychagent.records.folder import CaseFolder, RunFolder
from psychagent.records.session import to_record, write_session
from psychagent.runs.checkpoints.base import Checkpoints
from psychagent.runs.events import Tell, tell_nobody
from psychagent.runs.journals.base import Journals
from psychagent.runs.money.ledger import Ledger
from psychagent.runs.stop import Stop
from psychagent.runs.workers.base import Claim


@dataclass(frozen=True)
class CourseRun:
    """Everything needed to run the cases of one folder."""

    graph: CompiledStateGraph[CourseState, Knobs, Any, Any]
    limit: int
    """Maximum supersteps of a course."""
    checkpoints: Checkpoints
    journals: Journals
    audit: FileAudit
    folder: RunFolder
    knobs: Knobs
    stop: Stop
    ledger: Ledger
    keep_all: bool = True
    """Whether session files keep the dialogues of rollouts that were not chosen."""
    tell: Tell = tell_nobody


def config_of(run: CourseRun, case: CaseFile | Case) -> RunnableConfig:
    """Return the configuration of a case's course."""
    return {
        "configurable": {"thread_id": thread_id(case.modality, case.case_id)},
        "recursion_limit": run.limit,
    }


def place_of(run: CourseRun, case: CaseFile | Case) -> CaseFolder:
    """Return a case's folder."""
    return run.folder.case(case.modality, case.case_id)


def values_of(snapshot: StateSnapshot) -> CourseState:
    """Return the state that a snapshot holds."""
    return cast("CourseState", snapshot.values)


def sessions_done(values: CourseState) -> int:
    """Count the finished sessions of a state; the open one counts once its record is closed."""
    session = values.get("open")
    if session is None:
        return 0
    return (
        session.index
        if values.get("finished_session") or values.get("finished_reason")
        else session.index - 1
    )


def store_session(run: CourseRun, claim: Claim[CaseFile], case: Case, session: FinishedSession) -> None:
    """Write a session's file, unless the case belongs to another worker by now."""
    claim.check()
    run.checkpoints.check()
    path = place_of(run, case).session_path(session.session_index)
    write_session(path, to_record(case, session, keep_all=run.keep_all))
