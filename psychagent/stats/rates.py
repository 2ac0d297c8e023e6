"""Rates, k of n, with intervals that hold at 0, at n and for few cases."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from psychagent.errors import ScoringError

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of n, with Wilson's interval; without a case there is neither share nor interval."""

    k: int
    n: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


def rate_of(k: int, n: int, level: float = LEVEL) -> Rate:
    """Return k of n with Wilson's score interval.

    The cases are taken as independent of each other.

    Raises:
        ScoringError: If k is not between 0 and n.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if not 0 <= k <= n:
        raise ScoringError(f"{k} of {n} is no rate; the part must be between 0 and the whole")
    if n == 0:
        return Rate(k, n)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, spread = k / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    # at the ends the formula yields 0 and 1 up to rounding
    low, high = (0.0 if k == 0 else middle - half), (1.0 if k == n else middle + half)
    return Rate(k, n, share, low, high)
