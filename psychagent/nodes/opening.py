"""Between sessions: check the next plan, end the course or open a session, choose its candidate skills."""

from __future__ import annotations

import asyncio

from langgraph.runtime import Runtime

from psychagent.domain.ending import end_reason
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Correction, Plan, allowed_stages, guard_plan
from psychagent.domain.profile import Case
from psychagent.domain.risk.finding import RiskMode
from psychagent.domain.role import ClientKind
from psychagent.domain.strategy.kinds import Planning
from psychagent.domain.strategy.schedule import scheduled_stage
from psychagent.errors import SettingsError
from psychagent.files.read import to_model
from psychagent.nodes.deps import CourseNode, Deps, Sources
from psychagent.nodes.given import last_session
from psychagent.nodes.kept import keep, knobs_in
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.kinds import memory_of
from psychagent.nodes.retrieval.candidates import choose_candidates
from psychagent.nodes.safety.mode import mode_of
from psychagent.nodes.state import Brief, CourseState, OpenSession

_INPUT = "the input's case"


def brief_of(
    sources: Sources, state: CourseState, knobs: Knobs, rollout_index: int = 0, attempt: int = 0
) -> Brief:
    """Collect what does not change within the open session."""
    session, other = state["open"], sources.other_client
    return Brief(
        case=state["case"],
        plan=session.plan,
        memory=state["memory"],
        stands_in=other(state["case"], session.index - 1) if other else None,
        candidates=session.candidates,
        session_index=session.index,
        rollout_index=rollout_index,
        attempt=attempt,
        knobs=knobs,
        memory_tokens=sources.baseline.memory_tokens,
        shows=memory_of(sources.baseline).view,
        acts=mode_of(sources.baseline, knobs) is RiskMode.ACT,
        labels=sources.prompts(state["case"].language).labels,
        recalls=tuple(state.get("recalls", [])),
    )


async def read_brief(
    sources: Sources, state: CourseState, knobs: Knobs, rollout_index: int = 0, attempt: int = 0
) -> Brief:
    """Collect what `brief_of` does; another client's memory is read from its files beside the event loop."""
    if sources.other_client is None:
        return brief_of(sources, state, knobs, rollout_index, attempt)
    return await asyncio.to_thread(brief_of, sources, state, knobs, rollout_index, attempt)


def scheduled_plan(sources: Sources, case: Case, session_index: int, max_sessions: int) -> Plan:
    """Return the plan that a session has where nobody plans."""
    stage = scheduled_stage(session_index, max_sessions)
    return sources.prompts(case.language).stage_plan(case.modality, stage)


def next_plan(
    sources: Sources, case: Case, session: OpenSession, memory: Memory, *, max_sessions: int
) -> tuple[Plan, tuple[Correction, ...]]:
    """Decide the next session's plan: by its number, or from the proposal in the last session's summary."""
    prompts, last = sources.prompts(case.language), memory.summaries[-1]
    if sources.baseline.planning is Planning.OFF and session.index < max_sessions:
        return scheduled_plan(sources, case, session.index + 1, max_sessions), ()
    proposed, school = last.next_session_plan, last.next_approach or case.modality
    allowed = allowed_stages(session.plan.stage, session_index=session.index, max_sessions=max_sessions)
    if not allowed:
        return proposed, ()
    plan, correction = guard_plan(
        session.plan,
        proposed,
        session_index=session.index,
        allowed=allowed,
        default=lambda stage: prompts.stage_plan(school, stage),
    )
    return plan, (correction,) if correction else ()


def open_session(deps: Deps) -> CourseNode:
    """Make the node that opens the first or the next session, or ends the course."""

    async def decide(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        last = last_session(state)
        knobs = _usable(deps, knobs_in(state, runtime.context, deps.knobs))
        if last is None:
            case = _case(state) if "case" in state else await asyncio.to_thread(deps.case, knobs)
            first = OpenSession(index=1, plan=deps.prompts(case.language).first_plan(case.modality))
            return await _open(deps, knobs, case, Memory(), first)
        case = _case(state)
        plan, corrections = next_plan(deps, case, last, state["memory"], max_sessions=knobs.max_sessions)
        reason = end_reason(plan.stage, last.index, knobs.max_sessions)
        if reason:
            return {"finished_reason": reason}
        deps.begin()
        following = OpenSession(index=last.index + 1, plan=plan, corrections=corrections)
        return await _open(deps, knobs, case, state["memory"], following)

    return decide


def _usable(deps: Deps, knobs: Knobs) -> Knobs:
    """Refuse, before anybody is asked, a knob that this graph would not turn."""
    if knobs.rollouts > 1 and deps.rft is None:
        raise SettingsError(
            f"knob 'rollouts': {knobs.rollouts} rollouts and no judge; take the graph `rft`, or set it to 1"
        )
    if knobs.rollouts > 1 and knobs.client is ClientKind.HUMAN:
        raise SettingsError(
            f"knob 'rollouts': {knobs.rollouts} rollouts, and a person holds a session once; set it to 1"
        )
    return knobs


def _case(state: CourseState) -> Case:
    case: object = state["case"]
    return case if isinstance(case, Case) else to_model(Case, case, origin=_INPUT, raise_as=SettingsError)


async def _open(deps: Deps, knobs: Knobs, case: Case, memory: Memory, session: OpenSession) -> CourseState:
    fresh: CourseState = {"case": case, "kept_knobs": keep(knobs), "memory": memory, "open": session}
    answer = await choose_candidates(deps, await read_brief(deps, fresh, knobs))
    return {
        **fresh,
        "open": session.model_copy(update={"candidates": answer.value, "usage": answer.usage}),
        "finished_session": None,
        "finished_reason": None,
    }
