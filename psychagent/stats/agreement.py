"""Agreement between raters, people or models; knows neither files nor who the raters are.

Needs scikit-learn and krippendorff (the extra `eval`); no module that a run needs imports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]

from psychagent.stats.ratings import Ratings, Unit


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


def agree_pair(ratings: Ratings, first: str, second: str, levels: Sequence[float]) -> PairAgreement:
    """Compare two raters.

    Args:
        ratings: Scores by rater and unit.
        first: A rater.
        second: Another.
        levels: All scores that can be given, in order.
    """
    common = sorted(ratings[first].keys() & ratings[second].keys())
    if not common:
        return PairAgreement(first, second, 0)
    left = np.array([ratings[first][unit] for unit in common])
    right = np.array([ratings[second][unit] for unit in common])
    apart = np.abs(left - right)
    return PairAgreement(
        first=first,
        second=second,
        units=len(common),
        kappa=quadratic_kappa(left.tolist(), right.tolist(), levels),
        exact=float((apart == 0).mean()),
        within_one=float((apart <= 1).mean()),
        bias=float((left - right).mean()),
    )


def agree_pairs(ratings: Ratings, levels: Sequence[float]) -> tuple[PairAgreement, ...]:
    """Compare every pair of raters, in order of names; without levels, count what both rated and no more."""
    pairs = combinations(sorted(ratings), 2)
    if not levels:
        return tuple(PairAgreement(a, b, len(ratings[a].keys() & ratings[b].keys())) for a, b in pairs)
    return tuple(agree_pair(ratings, a, b, levels) for a, b in pairs)


def quadratic_kappa(first: Sequence[float], second: Sequence[float], levels: Sequence[float]) -> float | None:
    """Return Cohen's kappa with quadratic weights, 1 for full agreement, 0 for chance.

    None if both gave one and the same score throughout: chance alone would agree fully.

    Source: Cohen (1968).
    """
    if not first or len({*first, *second}) == 1:
        return None
    # by place among the levels, which are as far apart as half points are
    place = {level: n for n, level in enumerate(levels)}
    pairs = [place[score] for score in first], [place[score] for score in second]
    return float(cohen_kappa_score(*pairs, labels=list(range(len(levels))), weights="quadratic"))


def ordinal_alpha(ratings: Ratings, levels: Sequence[float]) -> float | None:
    """Return Krippendorff's alpha, ordinal, over all raters; units may lack raters.

    None where no unit has two raters, or where every score is the same; nor without levels.
    """
    if not levels:
        return None
    units = sorted({unit for scores in ratings.values() for unit in scores})
    shared = [unit for unit in units if sum(unit in scores for scores in ratings.values()) > 1]
    if len({scores[unit] for scores in ratings.values() for unit in shared if unit in scores}) < 2:
        return None
    table = [[scores.get(unit, np.nan) for unit in shared] for _, scores in sorted(ratings.items())]
    return float(krippendorff.alpha(table, level_of_measurement="ordinal", value_domain=list(levels)))


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
