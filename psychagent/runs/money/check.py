"""Whether a budget can be kept, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.prices import Prices
from psychagent.domain.words.money import amount
from psychagent.errors import SettingsError
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.priced import Money, common_currency, price_of


def check_budget(settings: RunSettings, roles: Iterable[str]) -> None:
    """Check that a run's own budget can be kept: every role that is asked has a price, in its currency.

    Raises:
        SettingsError: Naming the role, its model's price, and what to do.
    """
    check_prices(settings.runtime.machine.budget, {role: price_of(role, settings) for role in roles})


def check_prices(budget: BudgetSettings | None, prices: Mapping[str, Prices | None]) -> None:
    """Check that a budget can be kept at the prices of those who are asked.

    Raises:
        SettingsError: Naming the role, its model's price, and what to do.
    """
    if budget is None:
        return
    unpriced = sorted(role for role, price in prices.items() if price is None)
    if unpriced and not budget.allow_unpriced:
        raise SettingsError(
            f"a budget of {amount(budget.limit)} {budget.currency} is set, and there is no price for "
            f"{', '.join(unpriced)}: what they cost would never count; give 'prices' at their endpoints "
            "(`psychagent prices --write`), or go without with --allow-unpriced"
        )
    known = {role: price for role, price in prices.items() if price is not None}
    for role, price in known.items():
        if common_currency([price]) not in ("", budget.currency):
            raise SettingsError(
                f"the budget is in {budget.currency}, and the price of {role} in {price.currency}; give "
                "both in one currency"
            )


def check_earlier(budget: BudgetSettings, earlier: Money, where: object, remedy: str) -> None:
    """Check that what earlier commands spent can be counted.

    Args:
        budget: What may be spent.
        earlier: What earlier commands spent.
        where: Their folder.
        remedy: What can be done but to go without.

    Raises:
        SettingsError: Naming who spent it, and what to do.
    """
    if earlier.unpriced and not budget.allow_unpriced:
        raise SettingsError(
            f"a budget of {amount(budget.limit)} {budget.currency} is set, and earlier commands in {where} "
            f"asked {', '.join(earlier.unpriced)} at no price in {budget.currency}; {remedy}, or go "
            "without with --allow-unpriced"
        )
