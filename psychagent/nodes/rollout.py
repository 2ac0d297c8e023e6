"""Which rollouts to hold, and what becomes of one that fails."""

from __future__ import annotations

from typing import TypedDict

from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Send

from psychagent.nodes.select import NONE_YET
from psychagent.nodes.state import CourseState, Knobs


class RolloutTask(TypedDict):
    """What one rollout is sent: the state it starts from, its number, and which try it is."""

    state: CourseState
    index: int
    attempt: int


def start_rollouts(state: CourseState, runtime: Runtime[Knobs]) -> list[Send] | str:
    """Send the open session to n rollouts, or end the course."""
    if state["finished_reason"]:
        return END
    knobs = runtime.context or Knobs()
    return [_send(state, index) for index in range(knobs.rollouts)]


def after_select(state: CourseState) -> list[Send] | list[str]:
    """Reflect on the winner, or hold again what failed."""
    if state["winner"] != NONE_YET:
        return ["summarize", "update_file"]
    return [_send(state, r.index) for r in state["rollouts"] if r.failure or not _scored(r)]


def _scored(rollout: object) -> bool:
    judgement = getattr(rollout, "judgement", None)
    return bool(judgement and judgement.values())


def _send(state: CourseState, index: int) -> Send:
    return Send("rollout", RolloutTask(state=slim(state), index=index, attempt=state.get("attempts", 0)))


def slim(state: CourseState) -> CourseState:
    """Keep what a rollout starts from: payloads are checkpointed."""
    return {
        "case": state["case"],
        "plan": state["plan"],
        "memory": state["memory"],
        "candidates": state["candidates"],
        "session_index": state["session_index"],
    }
