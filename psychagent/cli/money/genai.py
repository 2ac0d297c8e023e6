"""What genai-prices knows of a model's price; the package is optional, and its snapshot needs no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from psychagent.assets.settings.prices import Prices
from psychagent.cli.extra import needs_extra
from psychagent.cli.lazy import Later

CALC: Later[Callable[..., Any]] = Later("genai_prices:calc_price")
USAGE: Later[Callable[..., Any]] = Later("genai_prices:Usage")
VERSION: Later[Callable[[str], str]] = Later("importlib.metadata:version")
PACKAGE = "genai-prices"
_SAMPLE = 1000
"""Tokens that are priced: so few that no price for long prompts applies."""


def find_prices(model: str, base_url: str, provider: str | None, today: date) -> Prices | None:
    """Return the price of a model; None where the package knows no such model there.

    Args:
        model: Its name, as the server knows it.
        base_url: The server's address, which says who the provider is.
        provider: Id of the provider, where the address does not say so.
        today: Noted with the price.

    Raises:
        SettingsError: If the package is not installed.
    """
    with needs_extra("prices"):
        calc, usage = CALC.load(), USAGE.load()
    where = {"provider_id": provider} if provider else {"provider_api_url": base_url}

    def price(**tokens: int) -> float:
        """Price a million tokens."""
        found = calc(usage(**tokens), model, **where)
        return round(float(found.total_price) * 1_000_000 / _SAMPLE, 6)

    try:
        fresh = price(input_tokens=_SAMPLE)
        cached = price(input_tokens=_SAMPLE, cache_read_tokens=_SAMPLE)
        return Prices(
            prompt=fresh,
            cached=None if cached == fresh else cached,
            completion=price(output_tokens=_SAMPLE),
            source=f"{PACKAGE} {VERSION.load()(PACKAGE)}, {today.isoformat()}",
        )
    except LookupError:
        return None
