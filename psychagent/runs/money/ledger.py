"""The ledger of a run: what it has spent, earlier commands included, and whether it may go on."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType

from langgraph.errors import GraphDrained

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.prices import Prices
from psychagent.domain.usage import Usage
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.priced import Money, price_of, priced
from psychagent.runs.money.spending import Spending
from psychagent.runs.stop import Stop


@dataclass
class Ledger:
    """What a run has spent; belongs to its event loop."""

    settings: RunSettings
    budget: BudgetSettings | None
    """What may be spent; None is without end."""
    stop: Stop
    before: Usage = field(default_factory=Usage)
    """What earlier commands spent in the run's folder."""
    used: Usage = field(init=False)
    """What was spent so far, by all commands."""
    late: int = 0
    """Replies that came in once the limit was reached."""
    _money: float = field(init=False)
    _prices: dict[str, Prices | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with what earlier commands spent."""
        self.used = self.before
        self._money = self._cost(self.before)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be asked."""
        return self.budget is not None and self._money >= self.budget.limit

    @property
    def holds(self) -> bool:
        """Whether nothing new may begin."""
        return self.budget is not None and self._money >= self.budget.limit * self.budget.soft

    @property
    def reason(self) -> str:
        """Say how much is spent of what."""
        budget = self.budget
        if budget is None:
            return ""
        spent = f"{self._money:,.2f} of the budget of {budget.limit:,.2f} {budget.currency} is spent"
        return spent if self.is_spent else f"{spent}, so nothing new begins (soft is {budget.soft:g})"

    def add(self, usage: Usage) -> None:
        """Count an answered call; at the limit, ask the run to stop."""
        if self.is_spent:
            self.late += 1
        self.used += usage
        self._money += self._cost(usage)
        if self.is_spent and not self.stop.asked:
            self.stop.ask(self.reason)

    def begin(self) -> None:
        """Check that a case, a session or a rollout may begin.

        Raises:
            GraphDrained: If the budget is nearly spent; the case goes on with the next command.
        """
        if self.holds:
            raise GraphDrained(self.reason)

    def spending(self) -> Spending:
        """Return what was spent, for the end of a run."""
        return Spending(
            money=self._priced(self.used),
            earlier=self._priced(self.before),
            budget=self.budget,
            late=self.late,
        )

    def _price(self, role: str) -> Prices | None:
        if role not in self._prices:
            self._prices[role] = price_of(role, self.settings)
        return self._prices[role]

    def _cost(self, usage: Usage) -> float:
        prices = ((self._price(role), used) for role, used in usage.roles.items())
        return sum(price.cost(used) for price, used in prices if price is not None)

    def _priced(self, usage: Usage) -> Money:
        asked = {role: used for role, used in usage.roles.items() if used.calls}
        return priced(asked, {role: self._price(role) for role in asked})


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
        if self._ledger.is_spent:
            await self._gate.__aexit__(None, None, None)
            raise GraphDrained(self._ledger.reason)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the place."""
        await self._gate.__aexit__(kind, error, trace)
