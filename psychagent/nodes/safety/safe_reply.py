"""The fixed text that answers danger to life, without a model."""

from __future__ import annotations

from langgraph.runtime import Runtime

from psychagent.domain.base import Speaker
from psychagent.domain.turn import Turn
from psychagent.nodes.aloud import say_turn
from psychagent.nodes.deps import Deps, SessionNode
from psychagent.nodes.state import Brief, SessionState


def safe_reply(deps: Deps) -> SessionNode:
    """Make the node that answers danger to life with a fixed text, without a model."""

    async def speak(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns, finding = runtime.context, state["turns"], state["findings"][-1]
        times = sum(turn.by_gate for turn in turns)
        texts = deps.safety(brief.case.language)
        words = texts.takeover(brief.region, finding.about, times=times)
        turn = Turn(speaker=Speaker.COUNSELOR, text=words, by_gate=True, risk_level=finding.level)
        say_turn(runtime, turn)
        return {"turns": [turn]}

    return speak
