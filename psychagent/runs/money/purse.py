"""What may be spent: one sum and one limit, for a run alone or for all that works beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.domain.words.money import amount
from psychagent.runs.money.priced import Money
from psychagent.runs.money.spending import Spending


@runtime_checkable
class Stops(Protocol):
    """A request to stop."""

    @property
    def asked(self) -> bool:
        """Whether it was made."""

    def ask(self, reason: str) -> None:
        """Make it."""


@dataclass
class Purse:
    """What may be spent, and what is; belongs to one event loop."""

    budget: BudgetSettings | None
    """What may be spent; None is without end."""
    stop: Stops
    """Asked once the limit is reached, of everything that spends from it."""
    earlier: Money = field(default_factory=Money)
    """What earlier commands spent."""
    late: int = 0
    """Replies that came in once the limit was reached."""
    unpriced: set[str] = field(default_factory=set)
    """Roles that were asked in this command and have no price."""
    estimated: set[str] = field(default_factory=set)
    """Roles whose costs in this command are estimated in part."""
    _now: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def spent(self) -> float:
        """What was spent by all commands."""
        return self.earlier.total + sum(self._now.values())

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be asked."""
        return self.budget is not None and self.spent >= self.budget.limit

    @property
    def holds(self) -> bool:
        """Whether nothing new may begin."""
        return self.budget is not None and self.spent >= self.budget.limit * self.budget.soft

    @property
    def reason(self) -> str:
        """Say how much is spent of what."""
        budget = self.budget
        if budget is None:
            return ""
        spent = f"{amount(self.spent)} of the budget of {amount(budget.limit)} {budget.currency} is spent"
        return spent if self.is_spent else f"{spent}, so nothing new begins (soft is {budget.soft:g})"

    def take(self, costs: Mapping[str, float | None], estimated: Iterable[str] = ()) -> None:
        """Take out what a reply cost, by role; at the limit, ask for a stop.

        Args:
            costs: What it cost; None where nobody says.
            estimated: The roles of which it is an estimate.
        """
        if self.is_spent:
            self.late += 1
        self.estimated.update(role for role in estimated if costs[role])
        for role, cost in costs.items():
            if cost is None:
                self.unpriced.add(role)
            else:
                self._now[role] += cost
        if self.is_spent and not self.stop.asked:
            self.stop.ask(self.reason)

    def spending(self) -> Spending:
        """Return what was spent, against the budget."""
        currency = self.budget.currency if self.budget else self.earlier.currency
        before, roles = self.earlier.by_role, sorted({*self.earlier.by_role, *self._now})
        money = Money(
            by_role={role: before.get(role, 0) + self._now.get(role, 0) for role in roles},
            currency=currency,
            unpriced=tuple(sorted({*self.earlier.unpriced, *self.unpriced})),
            estimated=tuple(sorted({*self.earlier.estimated, *self.estimated})),
        )
        return Spending(money=money, earlier=self.earlier, budget=self.budget, late=self.late)
