"""How far rankings agree, and how sure a weighted kappa is; knows neither raters nor what they rate.

Needs numpy alone, but belongs to the extra `eval`; no module that a run needs imports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from psychagent.stats.bootstrap import (
    DEFAULT_SAMPLING,
    FEWEST_CASES,
    Sampling,
    draw_weights,
    percentile_interval,
)
from psychagent.stats.ratings import Ratings, Unit

Matrix = NDArray[np.float64]
_TIE = 1e-9
"""Values that are nearer than this are equal up to rounding."""


def kendall_w(scores: Sequence[Sequence[float]]) -> float | None:
    """Return how far raters rank alike, 0 to 1, corrected for ties; None where that is undefined.

    Args:
        scores: By rater and what is ranked, without gaps.

    Source: Kendall and Babington Smith (1939); ties as in Siegel and Castellan (1988), 9.5.
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 2:
        return None
    raters, items = table.shape
    ranks = np.array([_mid_ranks(row) for row in table])
    sums = ranks.sum(axis=0)
    spread = float(((sums - sums.mean()) ** 2).sum())
    ties = sum(float((count**3 - count).sum()) for count in map(_tied, table))
    most = raters**2 * (items**3 - items) - raters * ties
    return 12 * spread / most if most > _TIE else None


def kendall_tau(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Kendall's tau-b of two rankings; None with fewer than two values, or where one is constant.

    Source: Kendall (1945).
    """
    one, other = (_signs(np.asarray(values, dtype=float)) for values in (first, second))
    pairs = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / pairs if pairs else None


def _signs(values: Matrix) -> Matrix:
    """Compare each pair of values once."""
    above = np.triu_indices(len(values), k=1)
    differences = (values[:, None] - values)[above]
    signs: Matrix = np.where(np.abs(differences) < _TIE, 0.0, np.sign(differences))
    return signs


def _mid_ranks(values: Matrix) -> Matrix:
    """Rank values from 1; equal ones share the mean of their ranks."""
    below = (values[None, :] < values[:, None] - _TIE).sum(axis=1)
    equal = (np.abs(values[None, :] - values[:, None]) < _TIE).sum(axis=1)
    ranks: Matrix = below + (equal + 1) / 2
    return ranks


def _tied(values: Matrix) -> Matrix:
    """Count how many values are equal, once for each group of equal ones."""
    _, counts = np.unique(np.round(values / _TIE), return_counts=True)
    return counts.astype(float)


def kappa_intervals(
    ratings: Ratings, levels: Sequence[float], sampling: Sampling = DEFAULT_SAMPLING
) -> Mapping[tuple[str, str], tuple[float, float]]:
    """Return an interval of the quadratic weighted kappa of each pair of raters, in order of names.

    The bootstrap is over the first part of units, such as dialogues, all of its scores kept together. A pair
    with fewer than `FEWEST_CASES` of them in common has none.

    Args:
        ratings: Scores by rater and unit.
        levels: All scores that can be given, in order and equally far apart.
        sampling: How intervals are drawn.
    """
    if not levels:
        return {}
    dialogues = sorted({unit[0] for scores in ratings.values() for unit in scores})
    weights = draw_weights([""] * len(dialogues), sampling)
    place = {level: float(n) for n, level in enumerate(levels)}
    row = {dialogue: n for n, dialogue in enumerate(dialogues)}
    names = sorted(ratings)
    found = {}
    for n, first in enumerate(names):
        for second in names[n + 1 :]:
            sums = _sums(ratings[first], ratings[second], row, place)
            if (sums[:, 0] > 0).sum() < FEWEST_CASES:
                continue
            kappas = _kappas(weights @ sums)
            if not np.isnan(kappas).all():
                found[first, second] = percentile_interval(kappas, sampling.level)
    return found


def _sums(
    first: Mapping[Unit, float],
    second: Mapping[Unit, float],
    row: Mapping[str, int],
    place: Mapping[float, float],
) -> Matrix:
    """Sum by dialogue what a kappa takes: units, places, their squares, and the squared differences."""
    sums = np.zeros((len(row), 5))
    for unit in first.keys() & second.keys():
        one, other = place[first[unit]], place[second[unit]]
        sums[row[unit[0]]] += (1, one, other, one**2 + other**2, (one - other) ** 2)
    return sums


def _kappas(sums: Matrix) -> Matrix:
    """Compute the kappa of each row of sums as `agree_pairs` does; NaN where it is undefined."""
    units, one, other, squares, observed = sums.T
    expected = units * squares - 2 * one * other
    ratio = np.divide(units * observed, expected, out=np.full_like(expected, np.nan), where=expected > _TIE)
    kappas: Matrix = 1 - ratio
    return kappas
