"""Read `--budget` and lay it over a budget of settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import inf

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.load import lay_options
from psychagent.assets.settings.prices import Prices
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.asked import roles_paid
from psychagent.runs.money.priced import common_currency, price_of

# a digit behind letters is no currency but a number in another notation, such as 1e3
_BUDGET = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([^\d\s.,+_-][^\d\s_]*)?\s*")


def with_budget(settings: RunSettings, given: str | None, *, allow_unpriced: bool) -> RunSettings:
    """Lay the options over a run's budget.

    Raises:
        SettingsError: If the option is no sum of money, or there is no budget to allow something of.
    """
    machine = settings.runtime.machine
    # where two currencies differ, the check of the budget says so
    prices = (price_of(role, settings) for role in roles_paid(settings))
    budget = lay_budget(machine.budget, given, allow_unpriced=allow_unpriced, prices=prices)
    if budget == machine.budget:
        return settings
    runtime = settings.runtime.model_copy(update={"machine": machine.model_copy(update={"budget": budget})})
    return settings.model_copy(update={"runtime": runtime})


def lay_budget(
    budget: BudgetSettings | None,
    given: str | None,
    *,
    allow_unpriced: bool,
    prices: Iterable[Prices | None] = (),
) -> BudgetSettings | None:
    """Lay the options over a budget; without a currency it is in that of the file, or of the prices.

    Raises:
        SettingsError: If the option is no sum of money, or there is no budget to allow something of.
    """
    if given is not None:
        limit, currency = _read(given)
        currency = currency or (budget.currency if budget else _currency_of(prices))
        laid = {"limit": limit, "currency": currency}
        budget = lay_options(budget, laid) if budget else BudgetSettings.model_validate(laid)
    if not allow_unpriced:
        return budget
    if budget is None:
        raise SettingsError(
            "--allow-unpriced has no effect without a budget; give --budget too, or leave it out"
        )
    return lay_options(budget, {"allow_unpriced": True})


def _read(given: str) -> tuple[float, str]:
    found = _BUDGET.fullmatch(given)
    limit = float(found[1]) if found else 0
    if found is None or not 0 < limit < inf:
        raise SettingsError(
            f"--budget has {shown(given)}; write a sum above 0 in digits, such as 40, or '40 EUR' with its "
            "currency"
        )
    return limit, found[2] or ""


def _currency_of(prices: Iterable[Prices | None]) -> str:
    return common_currency(price for price in prices if price is not None) or "USD"
