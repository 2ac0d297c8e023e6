"""An estimate: what a run, or an evaluation, is expected to take, and in how many hours."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from psychagent.domain.base import Record
from psychagent.domain.usage import RoleUsage
from psychagent.runs.money.priced import Money, sum_money


class Expected(Record):
    """What is expected of the courses; the settings' limits where nothing is said."""

    sessions: float | None = Field(default=None, ge=1)
    """Mean sessions of a course."""
    turns: float | None = Field(default=None, ge=1)
    """Mean counselor turns of a session."""
    prefix_cache: bool = True
    """Whether the servers keep prompts that begin alike."""


class EstimateLine(Record):
    """What one role is expected to take."""

    role: str
    model: str
    used: RoleUsage
    cost: float | None = None
    """None where the role has no price."""
    currency: str = ""
    is_script: bool = False
    """Whether a script answers, which costs nothing."""


class Estimate(Record):
    """What a run, or an evaluation, is expected to take."""

    cases: int
    """Cases, or sessions to judge."""
    sessions: float
    """Of all cases together, rollouts counted once."""
    lines: tuple[EstimateLine, ...]
    money: Money
    calls_in_a_row: float = 0
    """Calls of the longest case that wait for each other."""
    reply_in_a_row: float = 0
    """Completion tokens of those."""
    lanes: int = 1
    """Calls that can be under way side by side."""

    @property
    def total(self) -> RoleUsage:
        """Sum over all roles."""
        return sum((line.used for line in self.lines), RoleUsage())

    def hours(self, tokens_per_sec: float, first_token_sec: float = 0.5) -> float:
        """Return the hours that it takes.

        Args:
            tokens_per_sec: Completion tokens a second of one reply.
            first_token_sec: Seconds until a reply begins.
        """
        asked = [line.used for line in self.lines if line.model]
        calls, reply = sum(u.calls for u in asked), sum(u.completion_tokens for u in asked)
        side_by_side = (calls * first_token_sec + reply / tokens_per_sec) / max(self.lanes, 1)
        in_a_row = self.calls_in_a_row * first_token_sec + self.reply_in_a_row / tokens_per_sec
        return max(side_by_side, in_a_row) / 3600


def sum_estimates(parts: Sequence[Estimate], *, lanes: int) -> Estimate:
    """Put estimates together of what works beside each other.

    Args:
        parts: One or more.
        lanes: Calls of all of them that can be under way side by side.
    """
    lines: dict[tuple[str, str, str, bool], EstimateLine] = {}
    for line in (line for part in parts for line in part.lines):
        key = (line.role, line.model, line.currency, line.cost is None)
        before = lines.get(key)
        lines[key] = line if before is None else _merged(before, line)
    currencies = {part.money.currency for part in parts} - {""}
    money = sum_money([part.money for part in parts], min(currencies, default=""))
    return Estimate(
        cases=sum(part.cases for part in parts),
        sessions=sum(part.sessions for part in parts),
        lines=tuple(lines.values()),
        money=money if len(currencies) < 2 else Money(unpriced=tuple(sorted({line[0] for line in lines}))),
        calls_in_a_row=max((part.calls_in_a_row for part in parts), default=0),
        reply_in_a_row=max((part.reply_in_a_row for part in parts), default=0),
        lanes=lanes,
    )


def _merged(one: EstimateLine, other: EstimateLine) -> EstimateLine:
    cost = None if one.cost is None or other.cost is None else one.cost + other.cost
    return one.model_copy(update={"used": one.used + other.used, "cost": cost})
