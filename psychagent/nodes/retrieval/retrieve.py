"""The node before the counselor's: what its next turn is shown."""

from __future__ import annotations

from langgraph.runtime import Runtime

from psychagent.domain.risk.danger import open_danger
from psychagent.domain.risk.finding import About, RiskMode
from psychagent.domain.risk.level import level_at
from psychagent.nodes.deps import Deps, SessionNode
from psychagent.nodes.memory.kinds import memory_of
from psychagent.nodes.retrieval.query import find_query
from psychagent.nodes.retrieval.search import choose_skills
from psychagent.nodes.safety.mode import mode_of
from psychagent.nodes.state import Brief, SessionState
from psychagent.nodes.strategies.strategy import strategy_of


def _told(deps: Deps, brief: Brief, state: SessionState) -> int | None:
    """Return the risk level that the counselor is told of; None where the gate only watches."""
    if mode_of(deps.baseline, brief.knobs) is not RiskMode.ACT:
        return None
    return level_at(state.get("findings", []), state.get("turns", []), before=brief.memory.risk_level)


def retrieve(deps: Deps) -> SessionNode:
    """Make the node that gathers what the counselor's next turn is shown: skills, memory, a strategy."""
    recall = memory_of(deps.baseline).recall
    think = strategy_of(deps.baseline).think

    async def find(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns = runtime.context, state.get("turns", [])
        answer = await find_query(deps, brief, turns)
        recalled = await recall(deps, brief, turns)
        level = _told(deps, brief, state)
        about = open_danger(state.get("findings", []), turns, before=brief.memory.risk_about)
        told = {"risk_level": level, "risk_about": about if level else About.NONE}
        draft = answer.value.model_copy(update=told)
        ids = await choose_skills(deps, brief, turns, draft, about)
        usage = answer.usage + recalled.usage
        draft = draft.model_copy(update={"skills": ids, "recalled": recalled.value})
        if think is not None:
            thought = await think(deps, brief, turns)
            draft, usage = draft.model_copy(update={"thoughts": thought.value}), usage + thought.usage
        return {"retrieved": draft, "usage": usage}

    return find
