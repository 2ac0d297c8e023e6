"""The ledger of a run: what it has spent, earlier commands included, and whether it may go on."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType

from langgraph.errors import GraphDrained

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.prices import Prices
from psychagent.domain.usage import Usage
from psychagent.runs.money.priced import PriceOf, money_of
from psychagent.runs.money.purse import Purse
from psychagent.runs.money.spending import Spending
from psychagent.runs.stop import Stop


@dataclass
class Ledger:
    """What one run, or one evaluation, has spent; belongs to its event loop."""

    price: PriceOf
    """What a role's tokens cost."""
    purse: Purse
    """What may be spent; it is shared with others that work beside it."""
    before: Usage = field(default_factory=Usage)
    """What earlier commands spent in the same folder; in the purse already."""
    used: Usage = field(init=False)
    """What was spent so far, by all commands."""
    _prices: dict[str, Prices | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with what earlier commands spent."""
        self.used = self.before

    @property
    def holds(self) -> bool:
        """Whether nothing new may begin."""
        return self.purse.holds

    def add(self, usage: Usage) -> None:
        """Count an answered call; at the limit, ask everything that spends to stop."""
        self.used += usage
        prices = {role: self._price(role) for role in usage.roles}
        self.purse.take(
            {r: None if (p := prices[r]) is None else p.cost(u) for r, u in usage.roles.items()},
            estimated=[role for role, used in usage.roles.items() if used.estimated],
        )

    def begin(self) -> None:
        """Check that a case, a session or a rollout may begin.

        Raises:
            GraphDrained: If the budget is nearly spent; the case goes on with the next command.
        """
        if self.holds:
            raise GraphDrained(self.purse.reason)

    def spending(self) -> Spending:
        """Return what was spent, for the end of a run."""
        return Spending(
            money=money_of(self.used, self._price),
            earlier=money_of(self.before, self._price),
            budget=self.purse.budget,
            late=self.purse.late,
        )

    def _price(self, role: str) -> Prices | None:
        if role not in self._prices:
            self._prices[role] = self.price(role)
        return self._prices[role]


def open_ledger(
    price: PriceOf, before: Usage, *, budget: BudgetSettings | None, stop: Stop, shared: Purse | None = None
) -> Ledger:
    """Begin to count, from what is spent already.

    Args:
        price: What a role's tokens cost.
        before: What earlier commands spent in the same folder.
        budget: What may be spent here, where no purse is shared.
        stop: Asked once it is.
        shared: What is spent from together with others; `before` is in it already.
    """
    return Ledger(price, shared or Purse(budget, stop, money_of(before, price)), before)


class LedgerGate:
    """A gate that lets no call through once the budget is spent."""

    def __init__(self, gate: AbstractAsyncContextManager[None], ledger: Ledger) -> None:
        """Stand before a gate."""
        self._gate, self._ledger = gate, ledger

    async def __aenter__(self) -> None:
        """Wait for a place.

        Raises:
            GraphDrained: If the budget is spent by then.
        """
        await self._gate.__aenter__()
        if self._ledger.purse.is_spent:
            await self._gate.__aexit__(None, None, None)
            raise GraphDrained(self._ledger.purse.reason)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the place."""
        await self._gate.__aexit__(kind, error, trace)
