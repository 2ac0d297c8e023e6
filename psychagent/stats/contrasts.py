"""Paired differences: interval, test, effect sizes, correction. Needs scipy (the extra `eval`)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Cell, Estimate, Sampling, resample

Vector = NDArray[np.float64]

TIE = 1e-9
"""Differences smaller than this are rounding."""
FEW = 13
"""With at most this many unequal pairs, all 2^n sign assignments are enumerated."""
MOST_EXACT = 50
"""With at most this many pairs, no two differences equal in size, the exact distribution is used."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One case measured under two conditions."""

    case: str
    ours: float
    theirs: float
    stratum: str = ""
    """Cases are resampled within their stratum."""
    key: Hashable = ""
    """What was measured, such as a metric; a case has one pair of each."""


@dataclass(frozen=True, slots=True)
class SignedRank:
    """Wilcoxon's signed rank test."""

    p: float
    """Two-sided."""
    rank_biserial: float
    """(sum of ranks that favor the first - sum of the others) / sum of all; -1 to 1."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Ours less theirs over paired cases; positive favors ours."""

    cases: int = 0
    ours: float | None = None
    theirs: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Of the signed rank test; None where every case ties or there is none."""
    p_holm: float | None = None
    """Corrected for the other contrasts of its family; see `correct`."""
    rank_biserial: float | None = None
    dz: float | None = None
    """Mean difference over the standard deviation of the differences."""
    wins: int = 0
    ties: int = 0
    losses: int = 0


def contrast_pairs(pairs: Sequence[Pair], sampling: Sampling = DEFAULT_SAMPLING) -> Contrast:
    """Compare two conditions over paired cases.

    The difference is the unweighted mean over keys of each key's mean over its cases, as a headline number
    is the mean of its metrics' means, and its interval comes from a bootstrap over cases. Test, effect sizes
    and wins take one difference a case: the mean over the keys that the case has.
    """
    if not pairs:
        return Contrast()
    interval = _interval(pairs, sampling)
    differences = _by_case(pairs)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    test = signed_rank(differences)
    return Contrast(
        cases=len(differences),
        ours=_mean_of_keys([(pair.key, pair.ours) for pair in pairs]),
        theirs=_mean_of_keys([(pair.key, pair.theirs) for pair in pairs]),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        p=test.p if test else None,
        rank_biserial=test.rank_biserial if test else None,
        dz=cohen_dz(differences),
        wins=wins,
        ties=len(differences) - wins - losses,
        losses=losses,
    )


def _interval(pairs: Sequence[Pair], sampling: Sampling) -> Estimate:
    resamples = resample([Cell(pair.case, pair.key, _less(pair), pair.stratum) for pair in pairs], sampling)
    return resamples.mean_of(list(resamples.column))


def _less(pair: Pair) -> float:
    return _rounding_is_zero(pair.ours - pair.theirs)


def _rounding_is_zero(difference: float) -> float:
    return 0.0 if abs(difference) < TIE else difference


def _by_case(pairs: Sequence[Pair]) -> Vector:
    """Return the mean difference of each case."""
    cases: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for pair in pairs:
        cases[pair.stratum, pair.case].append(_less(pair))
    return np.array([_rounding_is_zero(float(np.mean(values))) for values in cases.values()])


def _mean_of_keys(values: Sequence[tuple[Hashable, float]]) -> float:
    keys: defaultdict[Hashable, list[float]] = defaultdict(list)
    for key, value in values:
        keys[key].append(value)
    return float(np.mean([float(np.mean(of_key)) for of_key in keys.values()]))


def signed_rank(differences: Vector) -> SignedRank | None:
    """Test whether differences are symmetric about zero; zeros are left out, None if all are zero.

    Source: Wilcoxon (1945); matched-pairs rank-biserial correlation: Kerby (2014).
    """
    unequal = differences[differences != 0]
    if unequal.size == 0:
        return None
    signs, sizes = np.sign(unequal), np.abs(unequal).round(9)
    ranks = stats.rankdata(sizes)
    test = stats.wilcoxon(signs * sizes, method=_method(sizes), correction=True)
    return SignedRank(p=float(test.pvalue), rank_biserial=float((ranks * signs).sum() / ranks.sum()))


def _method(sizes: Vector) -> Any:
    """Choose an exact test where there is one: equal differences rule out the usual exact table."""
    if len(np.unique(sizes)) == len(sizes) and len(sizes) <= MOST_EXACT:
        return "exact"
    return stats.PermutationMethod() if len(sizes) <= FEW else "asymptotic"


def cohen_dz(differences: Vector) -> float | None:
    """Return the mean difference in standard deviations; None for one difference or equal ones."""
    if len(differences) < 2:
        return None
    spread = float(differences.std(ddof=1))
    return None if math.isclose(spread, 0, abs_tol=TIE) else float(differences.mean()) / spread


def correct(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Correct the p values of a family of contrasts for their number."""
    corrected = holm([contrast.p for contrast in contrasts])
    return [replace(contrast, p_holm=p) for contrast, p in zip(contrasts, corrected, strict=True)]


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Correct p values for many tests; None (not tested) stays None and does not count.

    Source: Holm (1979), step-down Bonferroni.
    """
    tested = sorted((value, place) for place, value in enumerate(values) if value is not None)
    corrected: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (value, place) in enumerate(tested):
        highest = max(highest, min(1.0, value * (len(tested) - rank)))
        corrected[place] = highest
    return corrected
