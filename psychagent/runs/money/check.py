"""Whether a budget can be kept, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable

from psychagent.errors import SettingsError
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.priced import common_currency, price_of


def check_budget(settings: RunSettings, roles: Iterable[str]) -> None:
    """Check that a budget can be kept: every role that is asked has a price, all in its currency.

    Raises:
        SettingsError: Naming the role, its model's price, and what to do.
    """
    budget = settings.runtime.machine.budget
    if budget is None:
        return
    prices = {role: price_of(role, settings) for role in roles}
    unpriced = sorted(role for role, price in prices.items() if price is None)
    if unpriced and not budget.allow_unpriced:
        raise SettingsError(
            f"a budget of {budget.limit:g} {budget.currency} is set, and there is no price for "
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
