"""What an experiment has spent, and may spend: one purse for all its cells, their judges included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from psychagent.assets.settings.prices import Prices
from psychagent.evals.money.prices import price_of_models
from psychagent.evals.money.spent import spent_in_eval
from psychagent.evals.pairwise.money import spent_on_pairs
from psychagent.experiments.pairs import pairs_folder
from psychagent.experiments.plan import Cell, ExperimentPlan, pairs_judge
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.check import check_earlier
from psychagent.runs.money.priced import Money, cost_of, money_of_models, sum_money
from psychagent.runs.money.purse import Purse
from psychagent.runs.money.spent import spent_in
from psychagent.runs.stop import Stop


def open_purse(plan: ExperimentPlan, cells: Sequence[Cell], stop: Stop) -> Purse | None:
    """Put together what all cells may spend, and what earlier commands spent of it.

    Raises:
        SettingsError: If what was spent has no price.
        RecordError: If it cannot be told.
    """
    budget = plan.settings.budget
    if budget is None:
        return None
    earlier = sum_money(spent_in_experiment(plan, cells), budget.currency)
    remedy = "give it under 'machine.prices' of the runtime by the model's name"
    check_earlier(budget, earlier, plan.folder, remedy)
    return Purse(budget, stop, earlier)


def spent_in_experiment(plan: ExperimentPlan, cells: Sequence[Cell]) -> Iterator[Money]:
    """Say what each folder of an experiment took, those of earlier settings and judges too.

    Raises:
        RecordError: If it cannot be told.
    """
    listed = plan.settings.runtime.machine.prices
    now = {cell.run.path: cell.settings for cell in cells}
    for path in sorted(path for path in plan.folder.glob("*/run/*") if path.is_dir()):
        used = spent_in(RunFolder(path)).roles
        if used:
            yield cost_of(used, now.get(path) or _settings_of_before(path, listed))
    judge = price_of_models(cells[0].judging, listed)
    for path in sorted(plan.folder.glob("*/eval_*")):
        yield money_of_models(spent_in_eval(EvalFolder(path)), judge)
    if (pairs := plan.settings.pairwise) is not None:
        judge = price_of_models(pairs_judge(plan, pairs), listed)
    yield money_of_models(spent_on_pairs(pairs_folder(plan)), judge)


def _settings_of_before(run: Path, listed: Mapping[str, Prices]) -> RunSettings:
    """Read what an earlier run was made with; what is listed today corrects its prices."""
    settings = RunFolder(run).manifest().settings
    machine = settings.runtime.machine
    machine = machine.model_copy(update={"prices": {**machine.prices, **listed}})
    return settings.model_copy(update={"runtime": settings.runtime.model_copy(update={"machine": machine})})
