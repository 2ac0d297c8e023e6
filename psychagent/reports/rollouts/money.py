"""What rollouts cost at the prices of the run's settings, as blocks; words numbers, computes none."""

from __future__ import annotations

from psychagent.domain.role import Role
from psychagent.domain.words.money import amount
from psychagent.reports.page.blocks import Block, Table, Text, percent
from psychagent.runs.money.priced import Money

_HEADER = ("role", "cost", "share", "a session", "a case")


def spent(money: Money, *, sessions: int, cases: int) -> list[Block]:
    """Show the cost by role, the judge apart from the course, and what the prefix cache saved."""
    if not money.currency:
        return []
    judge = money.by_role.get(Role.JUDGE.value)
    parts = dict(sorted(money.by_role.items()))
    if judge is not None:
        parts["all but the judge"] = money.total - judge
    parts["all"] = money.total
    rows = tuple(_row(name, part, money.total, sessions, cases) for name, part in parts.items())
    caption = f"In {money.currency}, at the prices of the run's settings. Judge: both judges."
    saved = percent(money.saved / (money.total + money.saved)) if money.saved else "nothing"
    blocks: list[Block] = [
        Table(_HEADER, rows, caption, strong=frozenset({len(rows) - 1})),
        Text(f"The prefix cache saved {amount(money.saved)} {money.currency}: {saved} of the full price."),
    ]
    if money.unpriced:
        blocks.append(Text(f"Without {', '.join(money.unpriced)}, which have no price."))
    return blocks


def _row(name: str, part: float, whole: float, sessions: int, cases: int) -> tuple[str, ...]:
    share = percent(part / whole) if whole else "–"
    each = (f"{part / number:,.4f}" if number else "–" for number in (sessions, cases))
    return (name, f"{part:,.4f}", share, *each)
