"""One rollout: a session, then its judges, in a graph and checkpoint namespace of its own."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from psychagent.domain.usage import Usage
from psychagent.errors import CallError, PsychAgentError
from psychagent.flows.judge import Judge
from psychagent.flows.session import build_session, recursion_limit
from psychagent.nodes.deps import Deps, Rft
from psychagent.nodes.judge import JudgeBrief
from psychagent.nodes.opening import brief_of
from psychagent.nodes.rollout import RolloutTask
from psychagent.nodes.state import Brief, CourseState, Failure, Knobs, Rollout, RolloutState
from psychagent.scales.dialogue import Dialogue, to_lines
from psychagent.scales.result import SessionScores
from psychagent.scales.scale import reward_methods

class RolloutNode(Protocol):
    """A node of the rollout graph."""

    def __call__(self, state: RolloutState, runtime: Runtime[Brief]) -> Awaitable[RolloutState]:
        """Return the keys that change."""


RolloutGraph = CompiledStateGraph[Any, Brief, Any, Any]


def build_rollout(deps: Deps) -> RolloutGraph:
    """Build the graph of one rollout; without judges it is the session graph itself."""
    session = build_session(deps)
    if deps.rft is None:
        return session
    graph = StateGraph(RolloutState, context_schema=Brief)
    graph.add_node("session", session)
    graph.add_node("judge", judging(deps.rft))
    graph.add_edge(START, "session")
    graph.add_edge("session", "judge")
    graph.add_edge("judge", END)
    return graph.compile(name="rollout")


def judging(rft: Rft) -> RolloutNode:
    """Make the node that has a finished session judged, by the holdout judge too where there is one."""

    async def judge(state: RolloutState, runtime: Runtime[Brief]) -> RolloutState:
        brief = runtime.context
        dialogue = Dialogue(
            case_id=brief.case.case_id,
            modality=brief.case.modality,
            session_index=brief.session_index,
            language=brief.case.language,
            lines=to_lines([(turn.speaker, turn.text) for turn in state["turns"]]),
        )
        given: RolloutState = {"judgement": await _judge(rft.judge, dialogue)}
        if rft.holdout is not None:
            given["holdout"] = await _judge(rft.holdout, dialogue)
        return given

    return judge


async def _judge(judge: Judge, dialogue: Dialogue) -> SessionScores:
    chosen = judge.deps.settings.methods.get(dialogue.modality)
    methods = chosen or reward_methods(judge.deps.scales, dialogue.modality)
    brief = JudgeBrief(dialogue=dialogue, methods=tuple(methods))
    state = await judge.graph.ainvoke({}, context=brief)
    return judge.blank(dialogue).model_copy(update={"scales": state["results"]})


def hold_rollout(deps: Deps) -> Callable[..., Awaitable[CourseState]]:
    """Make the node that holds one rollout; among several, one that fails is recorded."""
    graph = build_rollout(deps)
    limit = deps.rft.settings.rollout_concurrency if deps.rft else 1
    gates: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(limit))

    async def hold(task: RolloutTask, config: RunnableConfig, runtime: Runtime[Knobs]) -> CourseState:
        knobs = runtime.context or Knobs()
        brief = brief_of(task["state"], knobs, task["index"], task["attempt"])
        inner: RunnableConfig = {**config, "recursion_limit": recursion_limit(knobs.max_counselor_turns)}
        thread = str(config.get("configurable", {}).get("thread_id", ""))
        async with gates[thread]:
            try:
                held = await graph.ainvoke({"turns": []}, inner, context=brief)
            except PsychAgentError as error:
                if deps.rft is None:
                    raise
                return {"rollouts": [_failed(task["index"], error)]}
        return {"rollouts": [_held(task["index"], held)]}

    return hold


def _held(index: int, state: Any) -> Rollout:
    judgement, holdout = state.get("judgement"), state.get("holdout")
    judged = sum((scores.usage for scores in (judgement, holdout) if scores), Usage())
    return Rollout(
        index=index,
        turns=tuple(state["turns"]),
        usage=state["usage"] + judged,
        judgement=judgement,
        holdout=holdout,
    )


def _failed(index: int, error: PsychAgentError) -> Rollout:
    spent = error.usage if isinstance(error, CallError) and error.usage else Usage()
    failure = Failure(error=type(error).__name__, message=" ".join(str(error).split())[:600])
    return Rollout(index=index, failure=failure, usage=spent)
