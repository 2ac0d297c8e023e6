"""The session's summary as a model writes it, and as it is stored; a last session has a form of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from psychagent.domain.base import Modality, Stage, asked_for
from psychagent.domain.file_facts import says_all_of
from psychagent.domain.memory import (
    ClientStateAnalysis,
    Ending,
    GoalAssessment,
    Homework,
    SessionSummary,
)
from psychagent.domain.plan import Plan
from psychagent.domain.safety import SafetyNote, note_from_text
from psychagent.domain.strategy.kinds import Planning
from psychagent.errors import MalformedReplyError
from psychagent.llm.reply import Reply
from psychagent.replies.as_json import Shape, json_shape, read_json
from psychagent.replies.words import why_private


def _task(value: object) -> object:
    # small models write the task alone; whoever writes no standing means that it was agreed on
    return {"task": value} if isinstance(value, str) else value


def _tasks(value: object) -> object:
    # a model of the reference release may write one task as a text, or none as null
    return [value] if isinstance(value, str) and value.strip() else value or ()


class _AnySummary(BaseModel):
    """What the summary of any session holds."""

    session_summary_abstract: str = asked_for(1500, min_length=1)
    goal_assessment: GoalAssessment
    client_state_analysis: ClientStateAnalysis
    safety: Annotated[SafetyNote, BeforeValidator(note_from_text)] = SafetyNote()


class UnplannedSummaryReply(_AnySummary):
    """The summary of a session that another may follow, where nobody plans."""

    homework: Annotated[tuple[Annotated[Homework, BeforeValidator(_task)], ...], BeforeValidator(_tasks)] = ()


class SummaryReply(UnplannedSummaryReply):
    """The summary of a session that another may follow."""

    next_session_plan: Plan


class TherapySummaryReply(SummaryReply):
    """The summary of a session where planning also chooses the school of the next."""

    next_approach: Modality


class LastSummaryReply(_AnySummary):
    """The summary of a last session: no plan and no homework, but what the client is left with."""

    ending: Ending


def read_summary(
    reply: Reply, planning: Planning = Planning.ON, *, instead: Plan | None = None
) -> SessionSummary:
    """Read the summary of a session that another may follow.

    Args:
        reply: What the reflector wrote.
        planning: Whether it proposes the next plan.
        instead: The next plan where it proposes none.

    Raises:
        MalformedReplyError: If it has another form, or thoughts stand in what others are told of it.
    """
    written = read_json(reply.content, _REPLIES[planning])
    plan = written.next_session_plan if isinstance(written, SummaryReply) else instead
    assert plan is not None, "where nobody plans, the next plan is given"
    # the client is given its homework, and a judge may read the plan
    for text in (plan.title, *plan.focus, *(item.task for item in written.homework)):
        if problem := why_private(text):
            raise MalformedReplyError(f"homework and plan are read by others: {problem}")
    # "call my brother tonight" is asked about as danger is: to be praised or excused as homework belittles it
    agreed = written.safety.agreed
    tasks = [item for item in written.homework if item.task and not says_all_of(agreed, item.task)]
    fields = dict(written) | {
        "next_session_plan": plan,
        "homework": tuple(item.task for item in tasks),
        "standings": tuple(item.standing for item in tasks),
    }
    return SessionSummary(**fields)


def read_last_summary(reply: Reply, plan: Plan) -> SessionSummary:
    """Read the summary of a last session; `plan` stands where other summaries have the next plan."""
    return SessionSummary(**dict(read_json(reply.content, LastSummaryReply)), next_session_plan=plan)


_REPLIES: Mapping[Planning, type[UnplannedSummaryReply]] = {
    Planning.ON: SummaryReply,
    Planning.OFF: UnplannedSummaryReply,
    Planning.THERAPY: TherapySummaryReply,
}


def summary_shape(allowed: tuple[Stage, ...], planning: Planning = Planning.ON) -> Shape:
    """Return the shape that a server is asked to hold: the allowed stages, or a last session's."""
    if not allowed:
        return json_shape(LastSummaryReply)
    name, schema = json_shape(_REPLIES[planning])
    if planning is Planning.OFF:
        return Shape(name, schema)
    stages = {"enum": [stage.value for stage in allowed], "type": "string"}
    return Shape(name, schema | {"$defs": schema["$defs"] | {"Stage": stages}})
