"""Between sessions: the guard on the next plan, the end of the course, and the session's candidates."""

from __future__ import annotations

import asyncio

from langgraph.runtime import Runtime

from psychagent.domain.base import Stage
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Correction, Plan, guard_plan
from psychagent.nodes.deps import CourseNode, Deps
from psychagent.nodes.retrieve import choose_candidates
from psychagent.nodes.state import Brief, CourseState, Knobs

ENDED_BY_PLAN, ENDED_BY_LIMIT = "plan", "max_sessions"


def brief_of(state: CourseState, knobs: Knobs, rollout_index: int = 0, attempt: int = 0) -> Brief:
    """Gather what does not change within the open session."""
    return Brief(
        case=state["case"],
        plan=state["plan"],
        memory=state["memory"],
        candidates=tuple(state.get("candidates", ())),
        session_index=state["session_index"],
        rollout_index=rollout_index,
        attempt=attempt,
        knobs=knobs,
    )


def next_plan(state: CourseState) -> tuple[Plan, tuple[Correction, ...]]:
    """Decide the next session's plan from what the last session's summary proposes."""
    proposed = state["memory"].summaries[-1].next_session_plan
    plan, correction = guard_plan(state["plan"], proposed, session_index=state["session_index"])
    return plan, (correction,) if correction else ()


def end_reason(stage: Stage, session_index: int, max_sessions: int) -> str:
    """Tell why a course ends before another session; empty where it goes on."""
    if stage is Stage.TERMINATION:
        return ENDED_BY_PLAN
    return ENDED_BY_LIMIT if session_index >= max_sessions else ""


def open_session(deps: Deps) -> CourseNode:
    """Make the node that opens the first or the next session, or ends the course."""

    async def decide(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        knobs: Knobs = runtime.context or deps.knobs
        case = state["case"] if "case" in state else await asyncio.to_thread(deps.case, knobs)
        if not state.get("session_index"):
            plan = deps.prompts(case.language).first_plan(case.modality)
            return await _open(
                deps, knobs, {"case": case, "memory": Memory(), "plan": plan, "session_index": 1}
            )
        plan, corrections = next_plan(state)
        reason = end_reason(plan.stage, state["session_index"], knobs.max_sessions)
        if reason:
            return {"finished_reason": reason, "corrections": list(corrections)}
        fresh: CourseState = {
            "case": case,
            "memory": state["memory"],
            "plan": plan,
            "session_index": state["session_index"] + 1,
            "corrections": list(corrections),
        }
        return await _open(deps, knobs, fresh)

    return decide


async def _open(deps: Deps, knobs: Knobs, fresh: CourseState) -> CourseState:
    answer = await choose_candidates(deps, brief_of(fresh, knobs))
    return {
        **fresh,
        "candidates": list(answer.value),
        "opening_usage": answer.usage,
        "finished_session": None,
        "finished_reason": "",
        "rollouts": [],
        "attempts": 0,
        "first_attempt": 0,
        "again": [],
    }
