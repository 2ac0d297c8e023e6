"""Calls, tokens and what they cost at given prices; knows no provider's price list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from psychagent.assets.settings import Settings
from psychagent.assets.yaml import load_model
from psychagent.errors import SettingsError
from psychagent.runs.report.numbers import once_per_call
from psychagent.runs.report.table import Scores

PER = 1_000_000
"""Prices are per this many tokens."""


class Prices(Settings):
    """What the judge's tokens cost, per million."""

    input: float = Field(ge=0)
    """Prompt tokens that the prefix cache did not serve."""
    output: float = Field(ge=0)
    """Tokens of the judge's replies."""
    cached_input: float | None = Field(default=None, ge=0)
    """Prompt tokens that the prefix cache served; null is the price of the others."""
    currency: str = "USD"
    """Name of the unit, printed as it stands."""


@dataclass(frozen=True)
class Spent:
    """What the judging took."""

    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int

    @property
    def cached_share(self) -> float:
        """Share of prompt tokens that a prefix cache served."""
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else 0.0

    def cost(self, prices: Prices) -> float:
        """Return the cost in the prices' unit."""
        cached_price = prices.input if prices.cached_input is None else prices.cached_input
        fresh = self.prompt_tokens - self.cached_tokens
        total = fresh * prices.input + self.cached_tokens * cached_price
        return (total + self.completion_tokens * prices.output) / PER


def count_spent(scores: Scores) -> Spent:
    """Add up calls and tokens; a scale that yields two metrics is counted once."""
    rows = once_per_call(scores.frame)
    names = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens")
    return Spent(*(int(rows[name].sum()) for name in names))


def load_prices(path: Path) -> Prices:
    """Read a file of prices (YAML or JSON).

    Raises:
        SettingsError: Naming the file, the key and the remedy.
    """
    return load_model(Prices, path, SettingsError)
