"""What usage costs at the prices of a run's settings; pure, so that a corrected price corrects old runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from psychagent.assets.settings.baseline import EmbeddingSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.prices import FREE, Prices, dearest
from psychagent.assets.settings.roles import endpoint_of
from psychagent.domain.base import Record
from psychagent.domain.role import EMBEDDING, Role
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.domain.words.money import amount
from psychagent.errors import SettingsError
from psychagent.records.manifest import RunSettings
from psychagent.records.spent.log import Spent

_Asked = EndpointSettings | EmbeddingSettings
PriceOf = Callable[[str], Prices | None]
"""Returns what a role's tokens cost; None where nobody says."""


class Money(Record):
    """What usage costs, by role."""

    by_role: dict[str, float] = {}
    """Without the roles that have no price."""
    currency: str = ""
    """Empty where nothing is priced, or currencies differ."""
    unpriced: tuple[str, ...] = ()
    """Roles that were asked and have no price."""
    estimated: tuple[str, ...] = ()
    """Roles in `by_role` of which the server does not say what each call took."""
    saved: float = 0
    """What the provider's cache saved."""

    @property
    def total(self) -> float:
        """Sum over the roles that have a price."""
        return sum(self.by_role.values())

    @property
    def whole(self) -> float | None:
        """The sum; None where a role that was asked has no price, or the currencies differ."""
        return None if self.unpriced or not self.currency else self.total

    def each(self, *, sessions: float, cases: float) -> str:
        """Say what that is a session and a case, and how much of it is the judge; empty without a sum."""
        if not self.currency or not sessions or not cases:
            return ""
        judge, unit = self.by_role.get(Role.JUDGE.value), self.currency
        share = f"{judge / self.total:.0%} of the sum" if judge else ""
        apart = f"; the judge took {amount(judge)} {unit} ({share})" if judge else ""
        each = f"{amount(self.total / sessions)} {unit} a session, {amount(self.total / cases)} {unit} a case"
        return f"{each}{apart}"

    def words(self) -> str:
        """Say the sum, and what is not in it; empty where nothing is priced."""
        if not self.currency:
            return ""
        without = f", without {', '.join(self.unpriced)} (no price)" if self.unpriced else ""
        roles = ", ".join(self.estimated)
        guess = f", estimated for {roles} (the server does not count tokens)" if self.estimated else ""
        return f"{amount(self.total)} {self.currency}{without}{guess}"


def price_of(role: str, settings: RunSettings) -> Prices | None:
    """Return what a role's tokens cost; a script costs nothing.

    Where two judges share the role, it is the dearer price of each kind of token.
    """
    found = [_price(endpoint, beside, settings) for endpoint, beside in _endpoints(role, settings)]
    known = [prices for prices in found if prices is not None]
    if not known or len(known) < len(found):
        return None
    paid = [prices for prices in known if prices is not FREE]
    return dearest(*paid) if paid else FREE


def cost_of(used: Mapping[str, RoleUsage], settings: RunSettings) -> Money:
    """Return what usage costs, by role."""
    return money_of(Usage(roles=dict(used)), lambda role: price_of(role, settings))


def money_of(usage: Usage, price: PriceOf) -> Money:
    """Return what usage costs, by role; a role that was never answered costs nothing."""
    asked = {role: part for role, part in usage.roles.items() if part.calls}
    return priced(asked, {role: price(role) for role in asked})


def priced(used: Mapping[str, RoleUsage], prices: Mapping[str, Prices | None]) -> Money:
    """Return what usage costs at the prices of its roles."""
    known = {role: price for role in used if (price := prices.get(role)) is not None}
    currency = common_currency(known.values())
    if currency is None:
        return Money(unpriced=tuple(sorted(used)))
    return Money(
        by_role={role: price.cost(used[role]) for role, price in known.items()},
        currency=currency,
        unpriced=tuple(sorted(used.keys() - known.keys())),
        estimated=tuple(sorted(role for role in known if used[role].estimated)),
        saved=sum(price.saved(used[role]) for role, price in known.items()),
    )


def money_of_models(spent: Iterable[Spent], price: PriceOf) -> Money:
    """Return what models took that a log names, at the price of each."""
    lines = [line for line in spent if line.used.calls]
    prices = {line.model: price(line.model) for line in lines}
    parts = [priced({line.role: line.used}, {line.role: prices[line.model]}) for line in lines]
    return sum_money(parts, common_currency(p for p in prices.values() if p is not None) or "")


def sum_money(parts: Iterable[Money], currency: str) -> Money:
    """Add up money; what is in another currency is named as if it had no price."""
    by_role: dict[str, float] = {}
    unpriced, estimated, saved = set[str](), set[str](), 0.0
    for part in parts:
        unpriced.update(part.unpriced)
        if part.currency not in ("", currency):
            unpriced.update(part.by_role)
            continue
        estimated.update(part.estimated)
        saved += part.saved
        for role, cost in part.by_role.items():
            by_role[role] = by_role.get(role, 0) + cost
    return Money(
        by_role=by_role,
        currency=currency,
        unpriced=tuple(sorted(unpriced)),
        estimated=tuple(sorted(estimated)),
        saved=saved,
    )


def common_currency(prices: Iterable[Prices]) -> str | None:
    """Return the currency of prices; empty where all are free or there are none, None where two differ."""
    found = {price.currency for price in prices if price is not FREE}
    if len(found) > 1:
        return None
    return found.pop() if found else ""


def _endpoints(role: str, settings: RunSettings) -> list[tuple[_Asked, Prices | None]]:
    """List who answers in a role, each with the price that stands beside its endpoint."""
    if role == EMBEDDING:
        return [(settings.baseline.embedding, None)]
    if role == Role.JUDGE.value:
        rft = settings.rft
        if rft is None:
            return []
        return [(rft.judging.judge, rft.judging.prices), *([(rft.holdout, None)] if rft.holdout else [])]
    try:
        return [(endpoint_of(Role(role), settings.baseline, settings.runtime.world), None)]
    except (ValueError, SettingsError):
        # totals name roles as they were written, by an earlier version maybe
        return []


def _price(endpoint: _Asked, beside: Prices | None, settings: RunSettings) -> Prices | None:
    if endpoint.provider != "openai":
        return FREE
    return endpoint.prices or beside or settings.runtime.machine.prices.get(endpoint.model or "")
