"""Ranks of several systems by their means, with intervals from resampled cases. Needs scipy (`eval`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from psychagent.stats.bootstrap import Numbers

DIGITS = 9
"""Means that differ further on are equal but for rounding."""


@dataclass(frozen=True, slots=True)
class Rank:
    """Place of a system among others; 1 is the highest mean, and equals share the mean of their places."""

    rank: float
    low: float | None = None
    high: float | None = None
    first: float | None = None
    """Share of the resamples in which it alone is first."""


def rank_means(means: Mapping[str, float], draws: Numbers | None, level: float) -> dict[str, Rank]:
    """Rank systems by their means.

    Args:
        means: System -> its mean; higher is better.
        draws: The same means in each resample of the cases (rows), in the order of `means`, all systems
            on the same draws; None where there are too few cases for an interval.
        level: Level of the intervals, whose ends are ranks that were drawn.

    Source: P. Hall and H. Miller, Annals of Statistics 37 (2009), 3929-3959, on the bootstrap of a ranking;
    that most ranks are far less sure than they look: H. Goldstein and D. J. Spiegelhalter, Journal of the
    Royal Statistical Society A 159 (1996), 385-443.
    """
    places = _rank(np.array([list(means.values())]))[0]
    if draws is None:
        return {name: Rank(float(place)) for name, place in zip(means, places, strict=True)}
    drawn = _rank(draws[~np.isnan(draws).any(axis=1)])
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(drawn, [tail, 100 - tail], axis=0, method="inverted_cdf")
    first = (drawn == 1).mean(axis=0)
    rows: Sequence[tuple[float, ...]] = np.column_stack([places, low, high, first]).tolist()
    return {name: Rank(*row) for name, row in zip(means, rows, strict=True)}


def _rank(values: Numbers) -> Numbers:
    ranks: Numbers = stats.rankdata(-values.round(DIGITS), axis=1)
    return ranks
