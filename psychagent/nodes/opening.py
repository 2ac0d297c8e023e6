"""Between sessions: check the next plan, end the course or open a session, choose its candidate skills."""

from __future__ import annotations

import asyncio

from langgraph.runtime import Runtime

from psychagent.domain.ending import end_reason
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Correction, Plan, allowed_stages, guard_plan
from psychagent.domain.profile import Case
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.read import to_model
from psychagent.nodes.deps import CourseNode, Deps, Sources
from psychagent.nodes.knobs import Knobs, knobs_of
from psychagent.nodes.retrieve import choose_candidates
from psychagent.nodes.state import Brief, CourseState, OpenSession

_INPUT = "the input's case"


def brief_of(
    sources: Sources, state: CourseState, knobs: Knobs, rollout_index: int = 0, attempt: int = 0
) -> Brief:
    """Collect what does not change within the open session."""
    session = state["open"]
    return Brief(
        case=state["case"],
        plan=session.plan,
        memory=state["memory"],
        candidates=session.candidates,
        session_index=session.index,
        rollout_index=rollout_index,
        attempt=attempt,
        knobs=knobs,
        memory_tokens=sources.baseline.memory_tokens,
        labels=sources.prompts(state["case"].language).labels,
        recalls=tuple(state.get("recalls", [])),
    )


def next_plan(
    sources: Sources, case: Case, session: OpenSession, memory: Memory, *, max_sessions: int
) -> tuple[Plan, tuple[Correction, ...]]:
    """Decide the next session's plan from the proposal in the last session's summary."""
    prompts, proposed = sources.prompts(case.language), memory.summaries[-1].next_session_plan
    allowed = allowed_stages(session.plan.stage, session_index=session.index, max_sessions=max_sessions)
    if not allowed:
        return proposed, ()
    plan, correction = guard_plan(
        session.plan,
        proposed,
        session_index=session.index,
        allowed=allowed,
        default=lambda stage: prompts.stage_plan(case.modality, stage),
    )
    return plan, (correction,) if correction else ()


def open_session(deps: Deps) -> CourseNode:
    """Make the node that opens the first or the next session, or ends the course."""

    async def decide(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        knobs = knobs_of(runtime.context, deps.knobs)
        last = _last(state)
        if last is None:
            case = _case(state) if "case" in state else await asyncio.to_thread(deps.case, knobs)
            first = OpenSession(index=1, plan=deps.prompts(case.language).first_plan(case.modality))
            return await _open(deps, knobs, case, Memory(), first)
        plan, corrections = next_plan(
            deps, state["case"], last, state["memory"], max_sessions=knobs.max_sessions
        )
        reason = end_reason(plan.stage, last.index, knobs.max_sessions)
        if reason:
            return {"finished_reason": reason}
        following = OpenSession(index=last.index + 1, plan=plan, corrections=corrections)
        return await _open(deps, knobs, state["case"], state["memory"], following)

    return decide


def _last(state: CourseState) -> OpenSession | None:
    """Return the session that was open last; what is given as input has the types that the caller likes."""
    last: object = state.get("open")
    if last is None or isinstance(last, OpenSession):
        return last
    raise SettingsError(
        f"the input: field 'open' has {shown(last)}, which the graph keeps itself; leave it out"
    )


def _case(state: CourseState) -> Case:
    case: object = state["case"]
    return case if isinstance(case, Case) else to_model(Case, case, origin=_INPUT, raise_as=SettingsError)


async def _open(deps: Deps, knobs: Knobs, case: Case, memory: Memory, session: OpenSession) -> CourseState:
    fresh: CourseState = {"case": case, "memory": memory, "open": session}
    answer = await choose_candidates(deps, brief_of(deps, fresh, knobs))
    return {
        **fresh,
        "open": session.model_copy(update={"candidates": answer.value, "usage": answer.usage}),
        "finished_session": None,
        "finished_reason": None,
    }
