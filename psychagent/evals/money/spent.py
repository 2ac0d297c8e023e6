"""What an evaluation has spent, and may spend."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from psychagent.domain.base import SCHOOLS
from psychagent.domain.role import Role
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import RecordError
from psychagent.evals.money.prices import price_of_judge, price_of_models
from psychagent.evals.plan import EvalPlan
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import case_folders
from psychagent.records.scores import read_scores
from psychagent.records.spent.log import Spent, SpentLog
from psychagent.runs.events import CallAnswered
from psychagent.runs.money.check import check_earlier
from psychagent.runs.money.ledger import Ledger
from psychagent.runs.money.priced import money_of_models
from psychagent.runs.money.purse import Purse
from psychagent.runs.stop import Stop

log = logging.getLogger(__name__)

JUDGE = Role.JUDGE.value


def spent_in_eval(folder: EvalFolder) -> Sequence[Spent]:
    """Sum what all commands spent in an evaluation's folder, by model; without what a script answered.

    An evaluation of an earlier version has no log, and its scores say what they cost.

    Raises:
        RecordError: If the log cannot be read.
    """
    kept = SpentLog(folder.spent)
    return kept.read() if kept.is_there else _scored(folder)


def _scored(folder: EvalFolder) -> Sequence[Spent]:
    sums: defaultdict[str, RoleUsage] = defaultdict(RoleUsage)
    for place in (folder, *folder.worthless_kinds()):
        for file in (file for case in case_folders(place.path, SCHOOLS) for file in case.session_files()):
            try:
                scores = read_scores(file.path)
            except RecordError as error:
                # the session is judged again
                log.warning("%s; what it cost is not counted", error)
                continue
            if not scores.is_script:
                sums[scores.judge_model] += scores.usage.total()
    return [Spent(role=JUDGE, model=model, used=used) for model, used in sums.items() if used.calls]


def open_eval_ledger(plan: EvalPlan, stop: Stop) -> Ledger:
    """Begin to count what an evaluation spends, from what earlier commands spent in its folder.

    Raises:
        SettingsError: If its budget cannot be kept.
        RecordError: If it cannot be told what was spent, or the log cannot be written.
    """
    folder, settings = EvalFolder(plan.output_root), plan.settings
    price = price_of_judge(settings)
    purse = plan.beside.purse or Purse(plan.budget, stop)
    if settings.judge.provider != "offline" or plan.budget:
        before = spent_in_eval(folder)
        SpentLog(folder.spent).open(before)
        if plan.budget:
            purse.earlier = money_of_models(before, price_of_models(settings))
            check_earlier(plan.budget, purse.earlier, folder.path, "name another --output-root")
    return Ledger(lambda role: price, purse)


def counting_judge(plan: EvalPlan, ledger: Ledger) -> Callable[[Usage], None]:
    """Return what counts an answered call of the judge, notes it in the folder, and tells of it."""
    judge, kept = plan.settings.judge, SpentLog(EvalFolder(plan.output_root).spent)

    def count(usage: Usage) -> None:
        if judge.provider != "offline":
            kept.add(usage, judge.model)
        ledger.add(usage)
        plan.tell(CallAnswered(usage))

    return count
