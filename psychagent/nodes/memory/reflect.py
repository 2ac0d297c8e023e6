"""After a session: write its summary and bring memory up to date."""

from __future__ import annotations

from langgraph.runtime import Runtime

from psychagent.domain.base import Stage
from psychagent.domain.memory import Memory
from psychagent.domain.risk.danger import last_about
from psychagent.domain.risk.finding import About
from psychagent.domain.risk.level import level_at
from psychagent.domain.role import Role
from psychagent.domain.rollout import FinishedSession, Rollout
from psychagent.domain.strategy.item import MemoryStock
from psychagent.domain.usage import Usage
from psychagent.nodes.deps import CourseNode, Deps
from psychagent.nodes.kept import knobs_in
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.kinds import memory_of
from psychagent.nodes.memory.prompt import following_stages, reflection_prompt
from psychagent.nodes.memory.summary_reply import read_last_summary, read_summary, summary_shape
from psychagent.nodes.opening import read_brief, scheduled_plan
from psychagent.nodes.state import CourseState, Summarized


def summarize(deps: Deps) -> CourseNode:
    """Make the node that writes the session's summary."""
    planning = deps.baseline.planning

    async def write(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        brief = await read_brief(deps, state, knobs_in(state, runtime.context, deps.knobs))
        prompt = reflection_prompt(deps, brief, chosen(state).turns, Role.SUMMARY)
        ending = deps.prompts(brief.case.language).stage_plan(brief.case.modality, Stage.TERMINATION)
        following = scheduled_plan(deps, brief.case, brief.session_index + 1, brief.knobs.max_sessions)
        answer = await deps.chat(Role.SUMMARY, brief.knobs).request(
            prompt,
            lambda reply: (
                read_last_summary(reply, ending)
                if brief.is_last
                else read_summary(reply, planning, instead=following)
            ),
            shape=summary_shape(following_stages(brief), planning),
        )
        return {"summarized": Summarized(summary=answer.value, usage=answer.usage)}

    return write


def update_file(deps: Deps) -> CourseNode:
    """Make the node that brings up to date what the system remembers beside the summary."""
    memory = memory_of(deps.baseline)

    async def write(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        brief = await read_brief(deps, state, knobs_in(state, runtime.context, deps.knobs))
        return {"file_updated": await memory.remember(deps, brief, chosen(state).turns)}

    return write


def chosen(state: CourseState) -> Rollout:
    """Return the rollout that was selected."""
    selected = state["open"].selected
    assert selected is not None, "select runs before reflection"
    return next(r for r in state["rollouts"] if r.index == selected.winner)


async def reflect(state: CourseState) -> CourseState:
    """Build memory from the chosen rollout only, and close the session's record."""
    session, before, winner = state["open"], state["memory"], chosen(state)
    summarized, file_updated = state["summarized"], state["file_updated"]
    assert summarized is not None, "summarize runs before reflect"
    assert file_updated is not None, "update_file runs before reflect"
    rollouts, summary = tuple(state["rollouts"]), summarized.summary
    recalled = state.get("recalled")
    asked = recalled.usage if recalled else Usage()
    record = FinishedSession(
        session_index=session.index,
        plan=session.plan,
        file_before=before.client_file,
        stock_before=before.stock,
        turns=winner.turns,
        summary=summary,
        file_after=file_updated.client_file,
        usage=sum((r.usage for r in rollouts), session.usage + summarized.usage + file_updated.usage + asked),
        winner=winner.index,
        rollouts=rollouts if len(rollouts) > 1 else (),
        candidates=session.candidates,
        corrections=session.corrections,
        selection=session.selected.choice if session.selected else None,
        risk=winner.risk,
        recall=recalled.recall if recalled else None,
        closed_by=winner.closed_by,
    )
    return {
        "memory": _remembered(before, record, file_updated.stock),
        "recalls": [*state.get("recalls", []), *([recalled.recall] if recalled else [])],
        "finished_session": record,
        "rollouts": [],
        "summarized": None,
        "file_updated": None,
        "recalled": None,
    }


def _remembered(before: Memory, session: FinishedSession, stock: MemoryStock) -> Memory:
    """Build what the counselor knows after a session."""
    level = level_at(session.risk, session.turns, before=before.risk_level)
    return Memory(
        client_file=session.file_after,
        summaries=(*before.summaries, session.summary),
        homework=session.summary.homework,
        risk_level=level,
        risk_about=last_about(session.risk, before=before.risk_about) if level else About.NONE,
        stock=stock,
    )
