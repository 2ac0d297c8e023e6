"""Which rollouts to hold, and which to hold again."""

from __future__ import annotations

from typing import TypedDict

from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Send

from psychagent.domain.usage import Usage
from psychagent.nodes.select import NONE_YET
from psychagent.nodes.state import CourseState, Knobs


class RolloutTask(TypedDict):
    """What one rollout is sent."""

    state: CourseState
    """What it starts from."""
    index: int
    attempt: int
    """Which try of the session it is, from 0; another try is another session."""
    spent: Usage
    """What earlier tries of it have cost."""


def start_rollouts(state: CourseState, runtime: Runtime[Knobs]) -> list[Send] | str:
    """Send the open session to n rollouts, or end the course."""
    if state["finished_reason"]:
        return END
    knobs = runtime.context or Knobs()
    return [_send(state, index, Usage()) for index in range(knobs.rollouts)]


def after_select(state: CourseState) -> list[Send] | list[str]:
    """Reflect on the winner, or hold again what select names."""
    if state["winner"] != NONE_YET:
        return ["summarize", "update_file"]
    spent = {rollout.index: rollout.usage for rollout in state["rollouts"]}
    return [_send(state, index, spent[index]) for index in state["again"]]


def _send(state: CourseState, index: int, spent: Usage) -> Send:
    task = RolloutTask(state=slim(state), index=index, attempt=state.get("attempts", 0), spent=spent)
    return Send("rollout", task)


def slim(state: CourseState) -> CourseState:
    """Keep what a rollout starts from: payloads are checkpointed."""
    return {
        "case": state["case"],
        "plan": state["plan"],
        "memory": state["memory"],
        "candidates": state["candidates"],
        "session_index": state["session_index"],
    }
