"""Judge the open scales of sessions, each failure confined to its session or scale."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from langgraph.errors import GraphDrained

from psychagent.domain.call import Place
from psychagent.domain.scores import ScaleResult, SessionScores
from psychagent.errors import (
    CallError,
    ClaimLostError,
    LockError,
    RecordError,
    RemovedError,
    cause_of,
    reason_of,
)
from psychagent.evals.events import ScaleJudged, SessionJudged
from psychagent.evals.find import JudgeInput
from psychagent.evals.plan import EvalPlan
from psychagent.files.digest import hash_json
from psychagent.files.lock import Lock
from psychagent.flows.judge import Judge
from psychagent.nodes.judge import plan_calls
from psychagent.nodes.judging.brief import judge_call
from psychagent.records.scores import write_scores
from psychagent.runs.events import StopHeard
from psychagent.runs.journals.base import Journals
from psychagent.runs.money.ledger import Ledger
from psychagent.runs.stop import Stop, stop_on_signals
from psychagent.runs.workers.base import Claim, Workers
from psychagent.runs.workers.local import LocalWorkers
from psychagent.scales.fill import missing_scale

log = logging.getLogger(__name__)

CALLS_PER_SESSION = 6
"""Calls that a session is assumed to make at once; decides how many sessions run concurrently."""


@dataclass(frozen=True)
class Task:
    """The scales of one session that are still to be judged."""

    name: str
    """Path of its scores within the evaluation, without suffix; unique."""
    input: JudgeInput
    path: Path
    scores: SessionScores
    """Results kept from an earlier evaluation."""
    open_scales: tuple[str, ...]

    @property
    def place(self) -> Place:
        """Where in the evaluation its calls are made."""
        return Place(self.name, self.input.dialogue.session_index)


@dataclass(frozen=True)
class Work:
    """What sessions are judged with."""

    plan: EvalPlan
    judge: Judge
    stop: Stop
    journals: Journals
    lock: Lock
    ledger: Ledger


async def judge_all(given: Work, tasks: Sequence[Task]) -> dict[str, SessionScores]:
    """Judge sessions, enough of them concurrently to keep the gate busy.

    Returns:
        Scores by name of the task; sessions that a stop left open are not included.
    """
    plan, stop = given.plan, given.stop

    async def work(claim: Claim[Task]) -> tuple[str, SessionScores | None]:
        try:
            return claim.name, await stop.bound(_judge_one(given, claim))
        except GraphDrained as drained:
            log.warning("%s: left open (%s)", claim.name, drained)
            return claim.name, None
        except CallError as error:
            if not ((cause := cause_of(error)) and cause.ends_run):
                raise
            stop.ask(str(error))
            return claim.name, None

    workers: Workers = LocalWorkers(2 + plan.settings.concurrency // CALLS_PER_SESSION)
    heard = stop_on_signals(stop, lambda again: plan.tell(StopHeard(again)), led_by=plan.beside.stop)
    with heard:
        results = await workers.run([(t.name, t) for t in tasks], work, stopped=lambda: stop.asked)
    return {name: scores for name, scores in results if scores is not None}


async def _judge_one(given: Work, claim: Claim[Task]) -> SessionScores:
    """Judge the open scales of a session, write its file, and end its journal.

    Raises:
        GraphDrained: If a budget lets nothing new begin, or ends meanwhile.
    """
    plan, judge, journals, task = given.plan, given.judge, given.journals, claim.task
    if not task.open_scales:
        plan.tell(SessionJudged(task.name))
        return task.scores.without_items()
    given.ledger.begin()
    filled: dict[str, ScaleResult] = {}
    is_done = False
    try:
        unusable = await _fill(given, task, filled)
        claim.check()
        given.lock.check()
        scores = with_results(task.scores, filled, judge)
        write_scores(task.path, scores)
        if not unusable:
            _take_back_missing(judge, scores, task.place, journals)
            is_done = True
    finally:
        journals.close(task.name, finished=is_done)
    plan.tell(SessionJudged(task.name))
    return scores.without_items()


async def _fill(given: Work, task: Task, filled: dict[str, ScaleResult]) -> bool:
    """Have a session's open scales filled in; return whether its journal cannot be used.

    Then what could not be kept is missing, with that reason, and the other sessions go on.

    Raises:
        RecordError: If it is no matter of this session alone.
    """
    plan, judge, journals = given.plan, given.judge, given.journals

    def take(name: str, result: ScaleResult) -> None:
        filled[name] = result
        if result.status == "missing":
            log.error("%s: %s is missing (%s)", task.name, name, result.reason)
        plan.tell(ScaleJudged(task.name, name, result))

    made_with = hash_json([task.scores.mark.model_dump(mode="json"), task.scores.input_hash])
    try:
        if not plan.resume:
            journals.forget(task.name)
        journals.open(task.name, made_with=made_with)
        stream = judge.stream(
            task.input.dialogue, task.open_scales, place=task.place, is_control=task.input.is_control
        )
        async with aclosing(stream) as results:
            async for name, result in results:
                take(name, result)
    except (LockError, RemovedError, ClaimLostError):
        raise
    except RecordError as error:
        for name in task.open_scales:
            if name not in filled:
                take(name, missing_scale(judge.deps.scales[name], reason_of(error)))
        return True
    return False


def _take_back_missing(judge: Judge, scores: SessionScores, place: Place, journals: Journals) -> None:
    """Let a kept journal answer for no missing scale, so that the next evaluation asks for it anew."""
    missing = [name for name, result in scores.scales.items() if result.status == "missing"]
    try:
        for call in plan_calls(judge.deps, missing):
            for again in (False, True):
                journals.void(judge_call(place, call, again=again))
    except RemovedError:
        raise
    except RecordError as error:
        # the scores are written, and the other sessions go on
        log.error("%s", error)


def with_results(scores: SessionScores, more: Mapping[str, ScaleResult], judge: Judge) -> SessionScores:
    """Add results in the order of the scales, whichever call returned first."""
    results = {**scores.scales, **more}
    return scores.model_copy(
        update={"scales": {name: results[name] for name in judge.deps.scales if name in results}}
    )
