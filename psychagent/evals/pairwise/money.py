"""What a comparison in pairs has spent, and may spend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from psychagent.domain.usage import Usage
from psychagent.evals.money.prices import price_of_judge, price_of_models
from psychagent.evals.pairwise.plan import PairwisePlan
from psychagent.evals.pairwise.store import VerdictStore
from psychagent.records.spent.log import NAME, Spent, SpentLog
from psychagent.runs.events import CallAnswered
from psychagent.runs.money.check import check_earlier
from psychagent.runs.money.ledger import Ledger
from psychagent.runs.money.priced import money_of_models
from psychagent.runs.money.purse import Purse
from psychagent.runs.stop import Stop


def spent_on_pairs(folder: Path, store: VerdictStore | None = None) -> Sequence[Spent]:
    """Sum what all commands spent in a folder of verdicts, by model; without what a script answered.

    Raises:
        RecordError: If it cannot be told.
    """
    log = SpentLog(folder / NAME)
    if log.is_there:
        return log.read()
    lines = store or VerdictStore.open(folder)
    return [
        Spent(role=role, model=model, used=used)
        for model, usage in lines.by_model.items()
        for role, used in usage.roles.items()
    ]


def open_pair_ledger(plan: PairwisePlan, store: VerdictStore, stop: Stop) -> Ledger:
    """Begin to count what a comparison spends, from what earlier commands spent in its folder.

    Raises:
        SettingsError: If its budget cannot be kept.
        RecordError: If it cannot be told what was spent, or the log cannot be written.
    """
    settings, price = plan.settings, price_of_judge(plan.settings)
    purse = plan.beside.purse or Purse(plan.budget, stop)
    before = spent_on_pairs(plan.out, store)
    if settings.judge.provider != "offline":
        SpentLog(plan.out / NAME).open(before)
    if plan.budget:
        purse.earlier = money_of_models(before, price_of_models(settings))
        check_earlier(plan.budget, purse.earlier, plan.out, "name another --out")
    return Ledger(lambda role: price, purse)


def counting_pairs(plan: PairwisePlan, ledger: Ledger) -> Callable[[Usage], None]:
    """Return what counts an answered call of the judge, notes it in the folder, and tells of it."""
    judge, log = plan.settings.judge, SpentLog(plan.out / NAME)

    def count(usage: Usage) -> None:
        if judge.provider != "offline":
            log.add(usage, judge.model)
        ledger.add(usage)
        plan.tell(CallAnswered(usage))

    return count
