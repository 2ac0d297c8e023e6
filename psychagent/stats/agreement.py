"""Agreement between raters, people or models; knows neither files nor who the raters are.

Needs numpy alone, but belongs to the extra `eval`; no module that a run needs imports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from psychagent.stats.ratings import Ratings, Unit

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two raters on the units that both rated."""

    first: str
    second: str
    units: int
    kappa: float | None = None
    """Quadratic weighted; None where it is undefined: no common unit, or no variation at all."""
    exact: float | None = None
    """Share of equal scores."""
    within_one: float | None = None
    """Share of scores that differ by at most one."""
    bias: float | None = None
    """Mean of the first's scores less the second's."""
    low: float | None = None
    """Interval of the kappa over dialogues; None where there are too few, or none was drawn."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """The kappas of many pairs in short."""

    pairs: int
    defined: int
    """Pairs that have a kappa."""
    median: float
    units: float
    """Median of the units that each of those pairs rests on."""
    lowest: PairAgreement
    highest: PairAgreement


@dataclass(frozen=True, slots=True)
class Alpha:
    """Agreement of all raters together, on the units that two or more of them rated."""

    units: int
    ratings: int
    """Scores of those units."""
    value: float | None = None
    """Krippendorff's alpha, ordinal; None where it is undefined: no such unit, or no variation at all."""


def agree_pairs(ratings: Ratings, levels: Sequence[float]) -> tuple[PairAgreement, ...]:
    """Compare every pair of raters, in order of names; without levels, count what both rated and no more.

    Args:
        ratings: Scores by rater and unit.
        levels: All scores that can be given, in order and equally far apart.
    """
    # one product of matrices counts something for all pairs; pairs one by one take minutes of 200 raters
    scores = _to_matrix(ratings)
    rated = (~np.isnan(scores)).astype(float)
    units = rated @ rated.T
    # each pair once: above the diagonal
    pairs = np.triu_indices(len(units), k=1)
    found: dict[str, list[float | None]] = {}
    if levels:
        measures = {"kappa": _kappas(scores, units, levels), **_differences(scores, units)}
        found = {name: _to_list(matrix[pairs]) for name, matrix in measures.items()}
    names = sorted(ratings)
    return tuple(
        PairAgreement(
            names[first],
            names[second],
            units=int(units[first, second]),
            **{name: values[n] for name, values in found.items()},
        )
        for n, (first, second) in enumerate(zip(*(place.tolist() for place in pairs), strict=True))
    )


def _to_matrix(ratings: Ratings) -> Matrix:
    """Set scores out by rater, in order of names, and unit; NaN where there is none."""
    units = dict.fromkeys(unit for scores in ratings.values() for unit in scores)
    place = {unit: n for n, unit in enumerate(units)}
    matrix = np.full((len(ratings), len(place)), np.nan)
    for row, (_, scores) in zip(matrix, sorted(ratings.items()), strict=True):
        row[[place[unit] for unit in scores]] = list(scores.values())
    return matrix


def _to_list(values: Matrix) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]


def _kappas(scores: Matrix, units: Matrix, levels: Sequence[float]) -> Matrix:
    """Compute Cohen's kappa of each pair with quadratic weights: 1 for full agreement, 0 for chance.

    NaN if both gave one and the same score throughout: chance alone would agree fully.

    Source: Cohen (1968).
    """
    rated = (~np.isnan(scores)).astype(float)
    # by place among the levels, which are as far apart as half points are; of the first of a pair, that
    # is sums[first, second], over what both rated
    places = np.where(np.isnan(scores), 0, np.searchsorted(levels, scores))
    sums, squares = places @ rated.T, places**2 @ rated.T
    observed = squares + squares.T - 2 * places @ places.T
    # whole numbers that a float holds exactly, so that no variation at all is 0 and nothing near it
    expected = units * (squares + squares.T) - 2 * sums * sums.T
    return 1 - _divide(units * observed, expected)


def _differences(scores: Matrix, units: Matrix) -> dict[str, Matrix]:
    """Compute how often the scores of each pair are equal or near, and by how much they differ on average."""
    exact, near = np.zeros_like(units), np.zeros_like(units)
    for score in np.unique(scores[~np.isnan(scores)]):
        given = (scores == score).astype(float)
        exact += given @ given.T
        # the next ones are half a point further; 16.1 less 15.1 is a little more than one
        near += given @ (np.abs(scores - score) < 1.25).T
    sums = np.nan_to_num(scores) @ (~np.isnan(scores)).T
    shares = {"exact": exact, "within_one": near, "bias": sums - sums.T}
    return {name: _divide(matrix, units) for name, matrix in shares.items()}


def _divide(above: Matrix, below: Matrix) -> Matrix:
    """Divide; NaN where that has no meaning."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)


def spread_of(pairs: Sequence[PairAgreement]) -> Spread | None:
    """Sum up the kappas of many pairs; None where no pair has one."""
    kappas = {pair: pair.kappa for pair in pairs if pair.kappa is not None}
    if not kappas:
        return None
    low, high = min(kappas, key=kappas.__getitem__), max(kappas, key=kappas.__getitem__)
    return Spread(
        len(pairs), len(kappas), median(kappas.values()), median(pair.units for pair in kappas), low, high
    )


def ordinal_alpha(ratings: Ratings, levels: Sequence[float]) -> Alpha:
    """Compute Krippendorff's alpha, ordinal, over all raters; units may lack raters.

    Undefined where no unit has two raters, or where every score is the same; nor without levels.

    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section E.
    """
    scores = _to_matrix(ratings)
    raters = (~np.isnan(scores)).sum(axis=0)
    scores, raters = scores[:, raters > 1], raters[raters > 1]
    # how many raters gave each score, by unit
    counts = np.array([(scores == score).sum(axis=0) for score in np.unique(scores[~np.isnan(scores)])])
    if not levels or len(counts) < 2:
        return Alpha(len(raters), int(raters.sum()))
    # each score meets every other one of its unit, and counts once in all
    met = counts / (raters - 1)
    coincidences = met @ counts.T - np.diag(met.sum(axis=1))
    given = counts.sum(axis=1)
    # scores are as far apart as there are ratings between their middles
    middles = np.cumsum(given) - given / 2
    distances = (middles[:, None] - middles) ** 2
    observed, expected = (coincidences * distances).sum(), (np.outer(given, given) * distances).sum()
    return Alpha(len(raters), int(raters.sum()), float(1 - (raters.sum() - 1) * observed / expected))


def distribution(scores: Mapping[Unit, float], levels: Sequence[float]) -> tuple[int, ...]:
    """Count how often each score was given."""
    values = list(scores.values())
    return tuple(values.count(level) for level in levels)


def restrict(ratings: Ratings, units: set[Unit]) -> dict[str, dict[Unit, float]]:
    """Keep some units only; raters who rated none of them are left out."""
    within = {
        rater: {unit: score for unit, score in scores.items() if unit in units}
        for rater, scores in ratings.items()
    }
    return {rater: scores for rater, scores in within.items() if scores}
