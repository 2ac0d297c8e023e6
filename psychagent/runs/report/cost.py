"""Calls, tokens and what they cost at given prices; knows no provider's price list."""

from __future__ import annotations

from dataclasses import dataclass

from psychagent.assets.eval_settings import Prices
from psychagent.runs.report.table import Scores

PER = 1_000_000
"""Prices are per this many tokens."""


@dataclass(frozen=True)
class Spent:
    """What the judging took."""

    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int

    @property
    def cached_share(self) -> float | None:
        """Share of prompt tokens that a prefix cache served; None without any."""
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else None

    def cost(self, prices: Prices) -> float:
        """Return the cost in the prices' unit."""
        cached_price = prices.prompt if prices.cached is None else prices.cached
        fresh = self.prompt_tokens - self.cached_tokens
        total = fresh * prices.prompt + self.cached_tokens * cached_price
        return (total + self.completion_tokens * prices.completion) / PER


def count_spent(scores: Scores) -> Spent:
    """Add up calls and tokens; the table holds those of a scale once, whatever metrics it yields."""
    names = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens")
    return Spent(*(int(scores.frame[name].sum()) for name in names))
