"""What a run has spent when it ends, against its budget."""

from __future__ import annotations

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.domain.base import Record
from psychagent.domain.words.money import amount
from psychagent.runs.money.priced import Money


class Spending(Record):
    """What was spent, earlier commands included."""

    money: Money
    earlier: Money
    """The part that earlier commands in the same folder spent."""
    budget: BudgetSettings | None = None
    late: int = 0
    """Replies that came in once the limit was reached, which were asked for before."""

    @property
    def over(self) -> float:
        """How much more was spent than the limit."""
        return max(self.money.total - self.budget.limit, 0) if self.budget else 0

    def words(self) -> str:
        """Say what was spent; empty where nothing has a price."""
        spent = self.money.words()
        if self.budget is None:
            return f"Spent: {spent}" if spent else ""
        said = f"Spent: {spent or '0'} of a budget of {amount(self.budget.limit)} {self.budget.currency}"
        if self.earlier.total:
            said += f"; {amount(self.earlier.total)} of it by earlier commands"
        if self.over:
            # the one that reached the limit was in flight, too
            by = f"{self.late + 1:,} replies that were" if self.late else "1 reply that was"
            said += f"; {amount(self.over)} over the limit, by {by} in flight"
        return said
