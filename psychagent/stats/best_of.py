"""The best of k out of n: exact expectations by counting subsets, without any draw; knows no rollout."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from psychagent.errors import ScoringError


def best_of_shares(n: int, k: int) -> list[float]:
    """Return how often each place, worst first, is the best of k drawn from n without putting back.

    Of the C(n, k) subsets, the one at place i (from 1) is the best of C(i - 1, k - 1).

    Raises:
        ScoringError: If k is not within 1 to n.
    """
    if not 1 <= k <= n:
        raise ScoringError(f"the best of {k} out of {n} is not defined; take k from 1 to {n}")
    whole = comb(n, k)
    return [comb(place, k - 1) / whole for place in range(n)]


def expected_best(values: Sequence[float], k: int, *, by: Sequence[float] | None = None) -> float:
    """Return the expected value of the best of k of the values.

    Args:
        values: What is averaged.
        k: How many are drawn without putting back.
        by: What the best is chosen by, in the same order; None is the values themselves. Of equals
            the first wins, as in the choice of a rollout.

    Raises:
        ScoringError: If k is not within 1 to the number of values.
    """
    keys = values if by is None else by
    worst_first = sorted(range(len(values)), key=lambda place: (keys[place], -place))
    shares = best_of_shares(len(values), k)
    return sum(share * values[place] for share, place in zip(shares, worst_first, strict=True))
