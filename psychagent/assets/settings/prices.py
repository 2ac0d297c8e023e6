"""What tokens cost: per million, or by the hour of the cards that a server of one's own runs on."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field, model_validator

from psychagent.assets.settings.base import Settings
from psychagent.domain.usage import RoleUsage

MILLION = 1_000_000
_HOUR_SEC = 3600


class Rates(NamedTuple):
    """What a million tokens cost."""

    prompt: float
    cached: float
    completion: float


class Prices(Settings):
    """What tokens cost: per million tokens (`prompt`, `completion`), or by the hour (`per_gpu_hour`)."""

    prompt: float | None = Field(default=None, ge=0)
    """Price of a million prompt tokens that no cache served."""
    cached: float | None = Field(default=None, ge=0)
    """Price of a million prompt tokens from the provider's cache; null is the price of `prompt`."""
    completion: float | None = Field(default=None, ge=0)
    """Price of a million completion tokens."""
    per_gpu_hour: float | None = Field(default=None, ge=0)
    """Price of one card for an hour, for a server of one's own; it takes the place of the three above."""
    gpus: int = Field(default=1, ge=1)
    """Cards that the server runs on."""
    tokens_per_sec: float | None = Field(default=None, gt=0)
    """Completion tokens a second of that server over all requests together, measured with prompts as long as
    these, so that reading them is in it."""
    currency: str = Field(default="USD", min_length=1)
    """Name printed after the sum."""
    source: str = ""
    """Where the prices are from and when, as `psychagent prices --write` notes it; it decides nothing."""

    @model_validator(mode="after")
    def _one_way(self) -> Prices:
        per_token = [name for name in ("prompt", "cached", "completion") if getattr(self, name) is not None]
        if self.per_gpu_hour is not None:
            if per_token:
                raise ValueError(f"has per_gpu_hour and {', '.join(per_token)}; give one way of pricing")
            if self.tokens_per_sec is None:
                raise ValueError("has per_gpu_hour and no tokens_per_sec, by which an hour becomes tokens")
            return self
        if self.prompt is None or self.completion is None:
            raise ValueError("needs prompt and completion, or per_gpu_hour and tokens_per_sec")
        if self.tokens_per_sec is not None or "gpus" in self.model_fields_set and self.gpus != 1:
            raise ValueError("has gpus or tokens_per_sec, which have no effect without per_gpu_hour")
        return self

    @property
    def rates(self) -> Rates:
        """What a million tokens of each kind cost."""
        if self.per_gpu_hour is not None and self.tokens_per_sec is not None:
            a_second = self.per_gpu_hour * self.gpus / _HOUR_SEC
            return Rates(0, 0, a_second / self.tokens_per_sec * MILLION)
        prompt, completion = self.prompt or 0, self.completion or 0
        return Rates(prompt, prompt if self.cached is None else self.cached, completion)

    def cost(self, used: RoleUsage) -> float:
        """Return what tokens cost, in the currency of the prices."""
        rates, fresh = self.rates, used.prompt_tokens - used.cached_tokens
        total = (
            fresh * rates.prompt
            + used.cached_tokens * rates.cached
            + used.completion_tokens * rates.completion
        )
        return total / MILLION

    def saved(self, used: RoleUsage) -> float:
        """Return what the provider's cache saved, in the currency of the prices."""
        rates = self.rates
        return used.cached_tokens * (rates.prompt - rates.cached) / MILLION


FREE = Prices(prompt=0, completion=0)
"""What a script costs, whatever the currency of the others."""


def dearest(*prices: Prices) -> Prices | None:
    """Return prices at least as high as each of some; None where there is none, or currencies differ."""
    if not prices or len({part.currency for part in prices}) != 1:
        return None
    highest = Rates(*(max(kind) for kind in zip(*(part.rates for part in prices), strict=True)))
    return prices[0] if len(prices) == 1 else Prices(**highest._asdict(), currency=prices[0].currency)
