"""Open the ledger of a run: what its folder says was spent, and what may be."""

from __future__ import annotations

import logging
from collections.abc import Callable

from psychagent.assets.settings.prices import Prices
from psychagent.domain.role import EMBEDDING
from psychagent.domain.usage import Usage
from psychagent.errors import RecordError
from psychagent.records.spent.log import SpentLog
from psychagent.runs.events import CallAnswered
from psychagent.runs.money.asked import embeds, roles_paid
from psychagent.runs.money.check import check_budget
from psychagent.runs.money.ledger import Ledger, open_ledger
from psychagent.runs.money.priced import price_of
from psychagent.runs.money.purse import Purse
from psychagent.runs.money.spent import spent_in
from psychagent.runs.plan import SamplePlan
from psychagent.runs.stop import Stop

log = logging.getLogger(__name__)


def open_run_ledger(plan: SamplePlan, stop: Stop) -> Ledger:
    """Begin to count, from what is spent already; a run that is played again spends nothing.

    Raises:
        SettingsError: If the budget cannot be kept.
        RecordError: If there is one, and nobody can tell what was spent.
    """

    def price(role: str) -> Prices | None:
        return price_of(role, plan.settings)

    if plan.replay_of is not None:
        return Ledger(price, Purse(None, stop))
    budget, shared = plan.runtime.machine.budget, plan.beside.purse
    if shared is None:
        check_budget(plan.settings, roles_paid(plan.settings))
    return open_ledger(price, _spent_before(plan), budget=budget, stop=stop, shared=shared)


def open_spent_log(plan: SamplePlan) -> None:
    """Open the log of what an embedder takes, where one behind an endpoint is asked.

    Raises:
        RecordError: If it cannot be written.
    """
    if plan.replay_of is None and embeds(plan.settings):
        SpentLog(plan.folder.spent).open()


def counting(plan: SamplePlan, ledger: Ledger) -> Callable[[Usage], None]:
    """Return what counts an answered call, and tells of it."""
    log, model = SpentLog(plan.folder.spent), plan.baseline.embedding.model or ""

    def count(usage: Usage) -> None:
        if EMBEDDING in usage.roles:
            log.add(usage, model)
        ledger.add(usage)
        plan.tell(CallAnswered(usage))

    return count


def _spent_before(plan: SamplePlan) -> Usage:
    """Sum what the folder's runs took; a journal that cannot be read ends its case alone without a budget.

    Raises:
        RecordError: If there is a budget, and nobody can tell what was spent.
    """
    if plan.overwrite:
        return Usage()
    try:
        return spent_in(plan.folder)
    except RecordError as error:
        if plan.runtime.machine.budget is not None:
            raise
        log.warning("what earlier commands spent cannot be told, so costs are counted from here: %s", error)
        return Usage()
