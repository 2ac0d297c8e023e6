"""How a sum of money is written."""

from __future__ import annotations

from math import floor, log10

_MOST_PLACES = 12


def amount(value: float) -> str:
    """Write a sum with two decimals, and with more where a small one would hardly be seen in them."""
    if value == 0 or abs(value) >= 0.1:
        return f"{value:,.2f}"
    places = min(1 - floor(log10(abs(value))), _MOST_PLACES)
    whole, _, part = f"{value:.{places}f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"
