"""Have all meetings judged in both orders; what was judged before is not asked again."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from langgraph.errors import GraphDrained

from psychagent.domain.scores import JudgeMark
from psychagent.domain.usage import Usage
from psychagent.errors import CallError, cause_of, reason_of, usage_of
from psychagent.evals.pairwise.money import counting_pairs, open_pair_ledger
from psychagent.evals.pairwise.plan import (
    OUT,
    SAFETY,
    PairwisePlan,
    check_pairwise,
    read_meetings,
    scales_compared,
)
from psychagent.evals.pairwise.store import StoredVerdict, VerdictStore
from psychagent.evals.pairwise.systems import Meeting, System
from psychagent.files.given import require
from psychagent.files.lock import Lock, hold_lock
from psychagent.files.write import remove_parts
from psychagent.flows.judge import build_judge_deps
from psychagent.flows.live import open_live
from psychagent.nodes.judging.brief import JudgeDeps
from psychagent.nodes.judging.pair import Pair, Verdict, ask_pair, mark_pairs
from psychagent.runs.events import Noticed, StopHeard
from psychagent.runs.money.ledger import Ledger, LedgerGate
from psychagent.runs.money.spending import Spending
from psychagent.runs.stop import Stop, stop_on_signals
from psychagent.runs.workers.base import Claim
from psychagent.runs.workers.local import LocalWorkers
from psychagent.scales.scale import Scale

log = logging.getLogger(__name__)


class Judged(NamedTuple):
    """One meeting on one scale: the verdicts with ours shown first, and with theirs shown first."""

    meeting: Meeting
    scale: str
    ours_first: Mapping[str, Verdict]
    theirs_first: Mapping[str, Verdict]


@dataclass(frozen=True)
class PairwiseRun:
    """What was judged, and what is lacking."""

    systems: tuple[System, ...]
    scales: Mapping[str, Scale]
    judged: tuple[Judged, ...]
    lacking: tuple[tuple[str, str], ...]
    """Where a verdict is lacking, and why."""
    judge_model: str
    is_script: bool
    """Whether the judge is a script."""
    used: Usage
    """What all verdicts in the folder cost, failed calls included."""
    taken: int
    """Verdicts that were stored before."""
    of_others: int
    """Stored verdicts of other judges, prompts or scales, which count nowhere."""
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    stopped: str = ""
    held: bool = False
    """Whether questions are open because the budget is spent."""
    spending: Spending | None = None
    """What was spent; None without a budget."""


@dataclass(frozen=True)
class _Task:
    """One question: a meeting on a scale, in one order."""

    meeting: Meeting
    pair: Pair
    mark: JudgeMark

    @property
    def name(self) -> str:
        """Name it in a log."""
        modality, case, index = self.meeting.place
        return f"{self.pair.scale.name}: {modality}/{case}, session {index}"


async def run_pairwise(plan: PairwisePlan) -> PairwiseRun:
    """Judge all meetings of a plan in both orders.

    A stop, or a budget that is spent, lets calls in flight finish; the same command goes on later.

    Raises:
        SettingsError, AssetError: If it cannot start.
        LockError: If another process is working in the same folder.
        RecordError: If a file cannot be written.
    """
    scales = check_pairwise(require(PairwisePlan, plan, "the plan"))
    systems, meetings, notes = read_meetings(plan)
    stop = Stop()
    with hold_lock(plan.out / ".lock", OUT) as lock:
        remove_parts(plan.out)
        store = VerdictStore.open(plan.out)
        ledger = open_pair_ledger(plan, store, stop)
        async with open_live(
            plan.env,
            calls=plan.settings.concurrency,
            gate=plan.beside.judging,
            report=counting_pairs(plan, ledger),
            sleep=stop.sleep,
            max_outage_sec=plan.settings.max_outage_sec,
            notice=lambda sentence: plan.tell(Noticed(sentence)),
            tracing=plan.settings.tracing,
        ) as live:
            deps = build_judge_deps(plan.settings, replace(live, gate=LedgerGate(live.gate, ledger)))
            tasks = [task for meeting in meetings for task in _tasks(deps, scales, meeting)]
            open_tasks = [task for task in tasks if store.find(task.pair, task.mark) is None]
            failures = await _ask_all(_Work(plan, deps, store, stop, lock, ledger), open_tasks)
    found = _put_together(plan, scales, systems, tasks, store, failures)
    is_open = bool(found.lacking)
    is_held = ledger.holds and is_open and not stop.by_signal
    return replace(
        found,
        taken=len(tasks) - len(open_tasks),
        notes=tuple(notes),
        interrupted=is_open and (stop.asked or is_held),
        stopped=(stop.reason or (ledger.purse.reason if is_held else "")) if is_open else "",
        held=is_held,
        spending=ledger.purse.spending() if plan.budget else None,
    )


async def read_pairwise(plan: PairwisePlan) -> PairwiseRun:
    """Put together what was judged so far; nothing is asked, so no key is needed.

    Raises:
        SettingsError, AssetError, RecordError: If what is compared cannot be read.
    """
    scales = scales_compared(plan.settings, plan.scale, "--scale")
    systems, meetings, notes = read_meetings(plan)
    async with open_live(plan.env) as live:
        deps = build_judge_deps(plan.settings, live, asks=False)
        tasks = [task for meeting in meetings for task in _tasks(deps, scales, meeting)]
    found = _put_together(plan, scales, systems, tasks, VerdictStore.open(plan.out), {})
    return replace(found, taken=len(found.judged) * 2, notes=tuple(notes))


def _put_together(
    plan: PairwisePlan,
    scales: Mapping[str, Scale],
    systems: Sequence[System],
    tasks: Sequence[_Task],
    store: VerdictStore,
    failures: Mapping[int, str],
) -> PairwiseRun:
    marks = {task.mark for task in tasks}
    judged, lacking = _collect(tasks, store, failures)
    return PairwiseRun(
        tuple(systems),
        scales,
        tuple(judged),
        tuple(lacking),
        judge_model=plan.settings.judge.model,
        is_script=any(mark.is_script for mark in marks),
        used=store.used,
        taken=0,
        of_others=store.others(marks),
    )


def _tasks(deps: JudgeDeps, scales: Mapping[str, Scale], meeting: Meeting) -> list[_Task]:
    """List the questions about a meeting, two for each scale; on safety only where danger was voiced."""
    ours, theirs = meeting.ours.dialogue, meeting.theirs.dialogue
    # one language for both orders: the prompts of the first would differ from those of the second
    theirs = theirs.model_copy(update={"language": ours.language})
    pairs = [
        Pair(*order, scale)
        for name, scale in scales.items()
        if name != SAFETY or meeting.is_dangerous
        for order in ((ours, theirs), (theirs, ours))
    ]
    return [_Task(meeting, pair, mark_pairs(deps, pair)) for pair in pairs]


@dataclass(frozen=True)
class _Work:
    plan: PairwisePlan
    deps: JudgeDeps
    store: VerdictStore
    stop: Stop
    lock: Lock
    ledger: Ledger


async def _ask_all(given: _Work, tasks: Sequence[_Task]) -> dict[int, str]:
    """Ask what is open; return why a question, by its identity, has no answer."""
    failures: dict[int, str] = {}

    async def work(claim: Claim[_Task]) -> None:
        try:
            if failure := await given.stop.bound(_ask(given, claim.task)):
                failures[id(claim.task)] = failure
        except GraphDrained as drained:
            log.warning("%s: left open (%s)", claim.task.name, drained)

    workers = LocalWorkers(given.plan.settings.concurrency + 2)
    heard = stop_on_signals(
        given.stop, lambda again: given.plan.tell(StopHeard(again)), led_by=given.plan.beside.stop
    )
    with heard:
        numbered = [(f"{number}", task) for number, task in enumerate(tasks)]
        await workers.run(numbered, work, stopped=lambda: given.stop.asked)
    return failures


async def _ask(given: _Work, task: _Task) -> str:
    """Ask one question and store its answer; return why there is none."""
    verdicts: Mapping[str, Verdict] = {}
    failure = ""
    given.ledger.begin()
    try:
        answer = await ask_pair(given.deps, task.pair)
        verdicts, usage = answer.value, answer.usage
    except CallError as error:
        if (cause := cause_of(error)) and cause.ends_run:
            given.stop.ask(str(error))
        failure, usage = reason_of(error), usage_of(error)
        log.error("%s: no verdict (%s)", task.name, failure)
    modality, case_id, session_index = task.meeting.place
    given.lock.check()
    given.store.add(
        StoredVerdict(
            scale=task.pair.scale.name,
            modality=modality,
            case_id=case_id,
            session_index=session_index,
            first=task.pair.first.hash,
            second=task.pair.second.hash,
            mark=task.mark,
            verdicts=verdicts,
            failure=failure,
            usage=usage,
        )
    )
    return failure


def _collect(
    tasks: Sequence[_Task], store: VerdictStore, failures: Mapping[int, str]
) -> tuple[list[Judged], list[tuple[str, str]]]:
    """Put both orders of each meeting together; one order alone counts nowhere."""
    judged, lacking = [], []
    for one, other in zip(tasks[::2], tasks[1::2], strict=True):
        found = [store.find(task.pair, task.mark) for task in (one, other)]
        if found[0] is not None and found[1] is not None:
            judged.append(Judged(one.meeting, one.pair.scale.name, found[0].verdicts, found[1].verdicts))
            continue
        why = failures.get(id(one)) or failures.get(id(other)) or "not asked yet"
        where = f"{one.meeting.one} and {one.meeting.other}, {one.name}"
        lacking.append((where, why))
    return judged, lacking
