"""A span of time as somebody would say it."""

from __future__ import annotations

_UNITS = ((365 * 86400, "years"), (86400, "days"), (3600, "hours"), (60, "minutes"))
_MOST_YEARS = 100
"""More is no wait that anybody means."""


def span(seconds: float) -> str:
    """Say a number of seconds in the largest unit of which there are two or more."""
    if seconds >= _MOST_YEARS * _UNITS[0][0]:
        return f"more than {_MOST_YEARS} years"
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
