"""What tokens cost."""

from __future__ import annotations

from pydantic import Field

from psychagent.assets.settings.endpoint import Settings
from psychagent.domain.usage import RoleUsage

MILLION = 1_000_000


class Prices(Settings):
    """What tokens cost, per million."""

    prompt: float = Field(ge=0)
    """Prompt tokens that no cache served."""
    cached: float | None = Field(default=None, ge=0)
    """Prompt tokens from the provider's cache; null is the price of `prompt`."""
    completion: float = Field(ge=0)
    """Completion tokens."""
    currency: str = "USD"
    """Name printed after the sum."""

    def cost(self, used: RoleUsage) -> float:
        """Return what tokens cost, in the currency of the prices."""
        cached_price = self.prompt if self.cached is None else self.cached
        fresh = used.prompt_tokens - used.cached_tokens
        total = (
            fresh * self.prompt + used.cached_tokens * cached_price + used.completion_tokens * self.completion
        )
        return total / MILLION
