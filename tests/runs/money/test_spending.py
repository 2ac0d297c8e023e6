"""What was spent, in words."""

from __future__ import annotations

import pytest

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.runs.money.priced import Money
from psychagent.runs.money.spending import Spending


def spending(spent: float, *, late: int = 0, earlier: float = 0) -> str:
    return Spending(
        money=Money(by_role={"counselor": spent}, currency="USD"),
        earlier=Money(by_role={"counselor": earlier}, currency="USD"),
        budget=BudgetSettings(limit=0.0009),
        late=late,
    ).words()


@pytest.mark.parametrize(
    ("late", "by"),
    [
        (0, "by 1 reply that was in flight"),
        (1, "by 2 replies that were in flight"),
        (2, "by 3 replies that were in flight"),
    ],
)
def test_what_went_over_the_limit_is_told_by_how_many_replies(late: int, by: str) -> None:
    assert spending(0.001, late=late) == (
        f"Spent: 0.001 USD of a budget of 0.0009 USD; 0.0001 over the limit, {by}"
    )


def test_what_was_spent_before_is_told_however_little_it_is() -> None:
    assert spending(0.0008, earlier=0.0003).endswith("; 0.0003 of it by earlier commands")


def test_the_judges_part_is_money_with_its_share() -> None:
    money = Money(by_role={"counselor": 0.0064, "judge": 0.0056}, currency="USD")
    assert money.each(sessions=2, cases=1) == (
        "0.006 USD a session, 0.012 USD a case; the judge took 0.0056 USD (47% of the sum)"
    )
