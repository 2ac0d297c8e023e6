"""Compare the systems of an experiment in pairs, once its cells are judged: seed by seed, and told as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from psychagent.assets.settings.experiments.pairwise import PairwiseSettings
from psychagent.domain.call import thread_id
from psychagent.evals.money.prices import price_of_judge
from psychagent.evals.pairwise.plan import PairwisePlan, scales_compared
from psychagent.evals.pairwise.run import PairwiseRun, read_pairwise, run_pairwise
from psychagent.evals.plan import check_judging
from psychagent.experiments.events import InPairs
from psychagent.experiments.outcome import PairsOutcome
from psychagent.experiments.plan import Cell, ExperimentPlan, pairs_judge
from psychagent.llm.gate import Gate, Gates
from psychagent.runs.money.check import check_prices
from psychagent.runs.workers.beside import ALONE, Beside


def pairs_folder(plan: ExperimentPlan) -> Path:
    """Return the folder of verdicts."""
    return plan.folder / "pairwise"


def check_pairs(plan: ExperimentPlan) -> None:
    """Check what can be of the comparison in pairs before a model is asked.

    Raises:
        SettingsError, AssetError: If it could not start.
    """
    if (pairs := plan.settings.pairwise) is None:
        return
    judge = pairs_judge(plan, pairs)
    scales_compared(judge, pairs.scale, "pairwise.scale")
    check_judging(judge, plan.env)
    check_prices(plan.settings.budget, {"judge of pairs": price_of_judge(judge)})


async def run_pairs(plan: ExperimentPlan, cells: Sequence[Cell], beside: Beside) -> PairsOutcome:
    """Have the systems compared under each seed; what is judged already is not asked again.

    Raises:
        RecordError: If a file cannot be read or written.
    """
    pairs = plan.settings.pairwise or PairwiseSettings()
    narrow = Gate(pairs_judge(plan, pairs).concurrency)
    judging = narrow if beside.calls is None else Gates(narrow, beside.calls)
    runs: list[PairwiseRun] = []
    for each in _plans(plan, cells, replace(beside, judging=judging)):
        runs.append(await run_pairwise(each))
        if runs[-1].interrupted:
            break
    last = runs[-1]
    return PairsOutcome(
        judged=sum(len(run.judged) for run in runs),
        lacking=sum(len(run.lacking) for run in runs),
        stopped=last.stopped,
        held=last.held,
        interrupted=last.interrupted and not (last.stopped or last.held),
    )


async def read_pairs(plan: ExperimentPlan, cells: Sequence[Cell]) -> PairwiseRun | None:
    """Put together what was judged so far under all seeds; None where nothing was.

    Raises:
        SettingsError, RecordError: If what is compared cannot be read.
    """
    if not pairs_folder(plan).is_dir():
        return None
    runs = [await read_pairwise(each) for each in _plans(plan, cells, ALONE)]
    if not any(run.judged for run in runs):
        return None
    return replace(
        runs[-1],
        judged=tuple(chain.from_iterable(run.judged for run in runs)),
        lacking=tuple(chain.from_iterable(run.lacking for run in runs)),
        taken=sum(run.taken for run in runs),
        is_script=any(run.is_script for run in runs),
        notes=tuple(dict.fromkeys(chain.from_iterable(run.notes for run in runs))),
    )


def _plans(plan: ExperimentPlan, cells: Sequence[Cell], beside: Beside) -> list[PairwisePlan]:
    """Plan a comparison for each seed; all keep their verdicts in one folder."""
    pairs = plan.settings.pairwise or PairwiseSettings()
    chosen = pairs.systems or tuple(plan.settings.systems)
    cases = frozenset(thread_id(case.modality, case.case_id) for case in plan.cases())
    return [
        PairwisePlan(
            systems={c.system: c.run.path for c in cells if c.seed == seed and c.system in chosen},
            settings=pairs_judge(plan, pairs),
            out=pairs_folder(plan),
            env=plan.env,
            scale=pairs.scale,
            most=pairs.max_pairs,
            cases=cases,
            beside=beside,
            tell=lambda event: plan.tell(InPairs(event)),
        )
        for seed in plan.settings.seeds
    ]
