"""The rollout graph: a session, then its judges, in a checkpoint namespace of its own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from psychagent.domain.rollout import Failure, Rollout
from psychagent.domain.usage import Usage
from psychagent.errors import CallError, RecordError, SkillStoreError, captured, cause_of, usage_of
from psychagent.flows.judge import Judge, spoken_dialogue
from psychagent.flows.session import build_session, session_limit
from psychagent.flows.spent import open_usage
from psychagent.llm.gate import Gate
from psychagent.llm.journal import NO_JOURNAL
from psychagent.nodes.deps import Deps
from psychagent.nodes.judging.brief import JudgeBrief, JudgeDeps
from psychagent.nodes.kept import knobs_to_meet
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.opening import read_brief
from psychagent.nodes.routing import RolloutTask
from psychagent.nodes.state import Brief, CourseState, RolloutState
from psychagent.scales.scale import reward_methods

log = logging.getLogger(__name__)


class RolloutNode(Protocol):
    """A node of the rollout graph."""

    def __call__(self, state: RolloutState, runtime: Runtime[Brief]) -> Awaitable[RolloutState]:
        """Return the keys that change."""


JudgementKey = Literal["judgement", "holdout"]
RolloutGraph = CompiledStateGraph[Any, Brief, Any, Any]


def build_rollout(deps: Deps) -> RolloutGraph:
    """Build the graph of one rollout; without judges it is the session graph itself."""
    session = build_session(deps)
    if deps.rft is None:
        return session
    graph = StateGraph(RolloutState, context_schema=Brief)
    graph.add_node("session", session)
    graph.add_edge(START, "session")
    judges: dict[JudgementKey, JudgeDeps | None] = {"judgement": deps.rft.judge, "holdout": deps.rft.holdout}
    for key, judge in judges.items():
        if judge is not None:
            name = "judge" if key == "judgement" else key
            graph.add_node(name, judging(Judge(judge), key))
            graph.add_edge("session", name)
            graph.add_edge(name, END)
    return graph.compile(name="rollout")


def judging(judge: Judge, key: JudgementKey) -> RolloutNode:
    """Make the node that has a finished session judged and stores the scores under a key."""
    # a variable of its own: LangGraph finds nested graphs only among a node's closure variables
    graph = judge.graph

    async def rate(state: RolloutState, runtime: Runtime[Brief]) -> RolloutState:
        brief = runtime.context
        dialogue = spoken_dialogue(
            state["turns"],
            case_id=brief.case.case_id,
            modality=brief.case.modality,
            session_index=brief.session_index,
            language=brief.case.language,
        )
        chosen = judge.deps.settings.methods.get(dialogue.modality)
        methods = chosen or reward_methods(judge.deps.scales, dialogue.modality)
        context = JudgeBrief(dialogue=dialogue, methods=tuple(methods), place=brief.place, asked_as=key)
        update = await graph.ainvoke({}, context=context)
        scores = judge.blank(dialogue).model_copy(update={"scales": update["results"]})
        return {"judgement": scores} if key == "judgement" else {"holdout": scores}

    return rate


def hold_rollout(deps: Deps, *, stored: bool = False) -> Callable[..., Awaitable[CourseState]]:
    """Make the node that holds one rollout; if rollouts are judged, a failed one is recorded.

    Args:
        deps: Dependencies of the graphs.
        stored: Whether the course is checkpointed, so that the cost of a failed rollout can be read.
    """
    graph = build_rollout(deps)
    limit = deps.rft.settings.rollout_concurrency if deps.rft else 1
    # the journal plays a cut-off session again, so that no turn needs a checkpoint of its own
    journaled = deps.journal is not NO_JOURNAL
    # a case's gate goes with its last rollout
    gates: WeakValueDictionary[str, Gate] = WeakValueDictionary()

    async def hold(task: RolloutTask, config: RunnableConfig, runtime: Runtime[Knobs]) -> CourseState:
        knobs = knobs_to_meet(task["state"], runtime.context, deps.knobs)
        brief = await read_brief(deps, task["state"], knobs, task["index"], task["attempt"])
        inner: RunnableConfig = {**config, "recursion_limit": session_limit(deps, knobs)}
        options: dict[str, Any] = {"durability": "exit"} if journaled and stored else {}
        thread = str(config.get("configurable", {}).get("thread_id", ""))
        async with gates.setdefault(thread, Gate(limit)):
            deps.begin()
            # a stop or a question to a person is no error
            final = await captured(
                graph.ainvoke({"turns": []}, inner, context=brief, **options), GraphBubbleUp
            )
            if not isinstance(final, Exception):
                return {"rollouts": [_held(task, final)]}
            if deps.rft is None or _is_of_run(final):
                raise final
            if journaled:
                # the error holds what its own call cost
                failed = final.call if isinstance(final, CallError) else None
                spent = deps.journal.spent(brief.place, but=failed)
            else:
                spent = open_usage(await graph.aget_state(inner, subgraphs=True)) if stored else Usage()
            return {"rollouts": [_failed(task, final, spent)]}

    return hold


def _is_of_run(error: BaseException) -> bool:
    """Return whether it is no property of a rollout, so that it must not decide which one is chosen."""
    cause = cause_of(error)
    return isinstance(error, RecordError | SkillStoreError) or cause is not None and cause.ends_run


def _held(task: RolloutTask, state: Any) -> Rollout:
    judgement, holdout = state.get("judgement"), state.get("holdout")
    judging_usage = sum((scores.usage for scores in (judgement, holdout) if scores), Usage())
    return Rollout(
        index=task["index"],
        turns=tuple(state["turns"]),
        risk=tuple(state.get("findings", ())),
        closed_by=state.get("closed_by"),
        usage=task["spent"] + state["usage"] + judging_usage,
        judgement=judgement,
        holdout=holdout,
    )


def _failed(task: RolloutTask, error: BaseException, spent: Usage) -> Rollout:
    last = usage_of(error)
    failure, index = Failure.of(error, cause=cause_of(error)), task["state"]["open"].index
    log.error("rollout %d of session %d: lost (%s)", task["index"], index, failure.message)
    return Rollout(index=task["index"], failure=failure, usage=task["spent"] + spent + last)
