"""Run the cells of an experiment beside each other: each its courses and then its scores."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from psychagent.assets.cases import CaseFile
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.errors import captured, reason_of
from psychagent.evals.evaluate import run_eval
from psychagent.evals.events import EvalEvent
from psychagent.experiments.budget import open_purse
from psychagent.experiments.events import CellEnded, ExperimentBegan, InCell
from psychagent.experiments.index import describe
from psychagent.experiments.outcome import CellOutcome, ExperimentResult, PairsOutcome
from psychagent.experiments.pairs import check_pairs, run_pairs
from psychagent.experiments.plan import Cell, ExperimentPlan, check_experiment, eval_plan, sample_plan
from psychagent.files.given import require
from psychagent.files.lock import hold_lock
from psychagent.files.write import remove_parts
from psychagent.llm.gate import Gate, Gates
from psychagent.records.experiments.index import write_index
from psychagent.runs.events import RunEvent, StopHeard
from psychagent.runs.money.purse import Purse
from psychagent.runs.outcome import RunResult
from psychagent.runs.resume.finished import find_finished
from psychagent.runs.sample import run_sample
from psychagent.runs.stop import Stop, stop_on_signals
from psychagent.runs.workers.base import Claim, Workers
from psychagent.runs.workers.beside import Beside
from psychagent.runs.workers.local import LocalWorkers

log = logging.getLogger(__name__)


async def run_experiment(plan: ExperimentPlan) -> ExperimentResult:
    """Run all cells of a plan; what is there already is not done again.

    A cell that fails does not end the others. Ctrl-C, SIGTERM and SIGHUP stop cleanly, and the same command
    goes on later.

    Raises:
        LockError: If another process is working in the same folder.
        SettingsError, AssetError, RecordError: If a cell could not start.
    """
    cells = check_experiment(require(ExperimentPlan, plan, "the plan"))
    check_pairs(plan)
    cases, machine = plan.cases(), plan.settings.runtime.machine
    with hold_lock(plan.lock):
        # each cell sees to its own
        remove_parts(plan.folder, deep=False)
        write_index(plan.index, describe(plan, cells, cases))
        stop = Stop()
        beside = _share(plan.settings, stop, open_purse(plan, cells, stop))
        work = _Work(plan, cases, beside, stop)
        workers: Workers = LocalWorkers(machine.concurrency)
        plan.tell(ExperimentBegan(len(cells), len(cases)))
        with stop_on_signals(stop, lambda again: plan.tell(StopHeard(again))):
            outcomes = await workers.run(
                [(cell.name, cell) for cell in cells], work.run, stopped=lambda: stop.asked
            )
            pairs = None
            if _may_meet(plan, cells, outcomes, stop):
                pairs = await run_pairs(plan, cells, beside)
    order = [(cell.system, cell.seed) for cell in cells]
    outcomes = sorted(outcomes, key=lambda outcome: order.index((outcome.system, outcome.seed)))
    is_short, purse = len(outcomes) < len(cells), beside.purse
    ended: list[CellOutcome | PairsOutcome] = [*outcomes, *([pairs] if pairs else [])]
    return ExperimentResult(
        outcomes=tuple(outcomes),
        pairs=pairs,
        interrupted=stop.by_signal and (is_short or any(each.interrupted for each in ended)),
        held=any(each.held for each in ended) or (is_short and purse is not None and purse.is_spent),
        spending=purse.spending() if purse else None,
    )


def _may_meet(
    plan: ExperimentPlan, cells: Sequence[Cell], outcomes: Sequence[CellOutcome], stop: Stop
) -> bool:
    """Return whether systems are compared in pairs now: every cell has its scores, and no signal came."""
    is_judged = all(each.judged and not (each.failure or each.stopped) for each in outcomes)
    is_asked = plan.settings.pairwise is not None and not stop.by_signal
    return is_asked and is_judged and len(outcomes) == len(cells)


def _share(settings: ExperimentSettings, stop: Stop, purse: Purse | None) -> Beside:
    """Open what cells share: a judge's call passes the gate of the judges, and then that of all calls."""
    machine = settings.runtime.machine
    calls = Gate(machine.max_parallel_calls)
    return Beside(
        calls=calls,
        judging=Gates(Gate(settings.eval.concurrency), calls),
        cases=asyncio.Semaphore(machine.concurrency),
        purse=purse,
        stop=stop,
    )


@dataclass(frozen=True)
class _Work:
    """What every cell is run with."""

    plan: ExperimentPlan
    cases: Sequence[CaseFile]
    beside: Beside
    stop: Stop

    async def run(self, claim: Claim[Cell]) -> CellOutcome:
        """Run a cell; an error is recorded with it, and the others go on."""
        cell = claim.task
        blank = CellOutcome(system=cell.system, seed=cell.seed)
        ended = await captured(self._steps(cell, blank))
        if isinstance(ended, Exception):
            log.error("%s: %s", cell.name, reason_of(ended))
            ended = blank.model_copy(update={"failure": reason_of(ended)})
        self.plan.tell(CellEnded(ended))
        return ended

    async def _steps(self, cell: Cell, blank: CellOutcome) -> CellOutcome:
        def tell(event: RunEvent | EvalEvent) -> None:
            self.plan.tell(InCell(cell.system, cell.seed, event))

        courses = replace(sample_plan(self.plan, cell), tell=tell, beside=self.beside)
        result = find_finished(courses, self.cases) or await run_sample(courses)
        outcome = blank.with_run(result)
        if result.interrupted or result.stopped or result.held or self.stop.asked:
            return self._stopped(outcome, result)
        if not outcome.sessions:
            reasons = [case.failure.message for case in result.outcomes if case.failure]
            return outcome.model_copy(update={"failure": f"no session was held ({'; '.join(reasons[:1])})"})
        scores = replace(eval_plan(self.plan, cell, self.cases), tell=tell, beside=self.beside)
        return outcome.with_scores(await run_eval(scores))

    def _stopped(self, outcome: CellOutcome, result: RunResult) -> CellOutcome:
        """Say why a cell ends before it is judged."""
        purse, is_told = self.beside.purse, not self.stop.by_signal
        is_held = result.held or (is_told and purse is not None and purse.holds)
        why = result.stopped or self.stop.reason or (purse.reason if purse and is_held else "")
        return outcome.model_copy(
            update={"stopped": why, "held": is_held, "interrupted": not (why or is_held)}
        )
