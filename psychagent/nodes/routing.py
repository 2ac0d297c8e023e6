"""Decide which rollouts to hold, and which to repeat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypedDict

from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Send

from psychagent.domain.usage import Usage
from psychagent.nodes.deps import Deps
from psychagent.nodes.kept import knobs_in
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import CourseState


class RolloutTask(TypedDict):
    """Input of one rollout."""

    state: CourseState
    """The state that it starts from."""
    index: int
    attempt: int
    """Number of the try, from 0; each try uses other seeds and so is another session."""
    spent: Usage
    """Usage of its earlier tries."""


def start_rollouts(deps: Deps) -> Callable[[CourseState, Runtime[Knobs]], Awaitable[list[Send] | str]]:
    """Make the edge that sends the open session to n rollouts, or ends the course."""

    async def start(state: CourseState, runtime: Runtime[Knobs]) -> list[Send] | str:
        if state["finished_reason"] is not None:
            return END
        n = knobs_in(state, runtime.context, deps.knobs).rollouts
        return [_send(state, index, Usage()) for index in range(n)]

    return start


async def after_select(state: CourseState) -> list[Send] | list[str]:
    """Reflect on the winner, or repeat the rollouts that `select` listed."""
    if state["open"].selected is not None:
        return ["summarize", "update_file", "remember"]
    spent = {rollout.index: rollout.usage for rollout in state["rollouts"]}
    return [_send(state, index, spent[index]) for index in state["open"].again]


def _send(state: CourseState, index: int, spent: Usage) -> Send:
    task = RolloutTask(state=slim(state), index=index, attempt=state["open"].attempts, spent=spent)
    return Send("rollout", task)


def slim(state: CourseState) -> CourseState:
    """Keep only what a rollout starts from, because payloads are checkpointed."""
    kept: CourseState = {"kept_knobs": state["kept_knobs"]} if "kept_knobs" in state else {}
    return {
        **kept,
        "case": state["case"],
        "memory": state["memory"],
        "recalls": state.get("recalls", []),
        "open": state["open"],
    }
