"""Strengths from comparisons in pairs, with intervals from a bootstrap over cases; knows no judge.

Needs numpy alone, but belongs to the extra `eval`; no module that a run needs imports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psychagent.stats.bootstrap import (
    DEFAULT_SAMPLING,
    FEWEST_CASES,
    Sampling,
    draw_weights,
    merge_lone,
    percentile_interval,
)

Matrix = NDArray[np.float64]

EXTRA_TIES = 1.0
"""Ties that each pair that was compared is given on top, so that who won throughout has a finite strength.
A pair that was never compared is given none: it would be linked by what nobody saw."""
_MOST_STEPS, _CLOSE, _LONGEST_STEP = 500, 1e-10, 1.0


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison of two systems on one case."""

    case: str
    first: str
    second: str
    won: float
    """By the first: 1, 0, or 0.5 for a tie."""
    stratum: str = ""
    """Cases are resampled within their stratum, such as the modality."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong one system is among those that it is linked with."""

    system: str
    group: int
    """From 0; systems of different groups were never compared, not even by way of others."""
    strength: float | None
    """Natural logarithm of the odds; the mean of its group is 0. None where it was compared with nobody."""
    low: float | None = None
    high: float | None = None
    rank: int | None = None
    """Within its group, from 1."""
    rank_low: float | None = None
    rank_high: float | None = None
    comparisons: int = 0


def bradley_terry(
    systems: Sequence[str],
    matches: Sequence[Match],
    sampling: Sampling = DEFAULT_SAMPLING,
    *,
    extra_ties: float = EXTRA_TIES,
) -> list[Strength]:
    """Estimate the strengths of systems from comparisons in pairs, strongest first within each group.

    A tie is half a win for either. Intervals come from a bootstrap over cases within their stratum, all
    comparisons of a case kept together; resamples in which a group falls apart are left out, and there is
    no interval over fewer than `FEWEST_CASES` cases.

    Source: Bradley and Terry (1952); Davidson's ties are not modelled.
    """
    place = {system: n for n, system in enumerate(systems)}
    wins, strata = _wins_by_case(place, matches)
    whole = wins.sum(axis=0)
    groups = linked(whole)
    draws = None
    if len(strata) >= FEWEST_CASES:
        weights = draw_weights(merge_lone(strata), sampling)
        draws = np.tensordot(weights, wins, axes=1)
    found = [
        strength
        for number, members in enumerate(groups)
        for strength in _group(number, members, systems, whole, draws, sampling.level, extra_ties)
    ]
    return sorted(found, key=lambda s: (s.group, s.rank or 0, s.system))


def win_chance(one: float, other: float) -> float:
    """Return the chance that one strength wins against another, ties as half wins."""
    return float(1 / (1 + np.exp(other - one)))


def linked(wins: Matrix) -> list[list[int]]:
    """Part systems into groups that comparisons link, the largest first."""
    met = (wins + wins.T) > 0
    left, groups = set(range(len(wins))), []
    while left:
        group, fresh = set[int](), {min(left)}
        while fresh:
            group |= fresh
            fresh = {int(n) for one in fresh for n in np.flatnonzero(met[one])} - group
        groups.append(sorted(group))
        left -= group
    return sorted(groups, key=lambda group: (-len(group), group))


def _wins_by_case(place: dict[str, int], matches: Sequence[Match]) -> tuple[Matrix, list[str]]:
    """Sum wins by case, winner and loser; return them with each case's stratum."""
    cases = sorted({(match.stratum, match.case) for match in matches})
    row = {case: n for n, case in enumerate(cases)}
    wins = np.zeros((len(cases), len(place), len(place)))
    for match in matches:
        one, other = place[match.first], place[match.second]
        of_case = wins[row[match.stratum, match.case]]
        of_case[one, other] += match.won
        of_case[other, one] += 1 - match.won
    return wins, [stratum for stratum, _ in cases]


def _group(
    number: int,
    members: list[int],
    systems: Sequence[str],
    whole: Matrix,
    draws: Matrix | None,
    level: float,
    extra_ties: float,
) -> list[Strength]:
    if len(members) == 1:
        return [Strength(systems[members[0]], number, None)]
    own = np.ix_(members, members)
    counts = (whole + whole.T)[own].sum(axis=1)
    strengths = fit(whole[own][None], extra_ties)[0]
    order = _ranks(strengths[None])[0]
    intervals: Sequence[tuple[float, float, float, float] | tuple[None, None, None, None]]
    intervals = [(None, None, None, None)] * len(members)
    if draws is not None:
        resampled = draws[:, members][:, :, members]
        kept = resampled[[len(linked(wins)) == 1 for wins in resampled]]
        if len(kept):
            intervals = _intervals(fit(kept, extra_ties), level)
    return [
        Strength(
            systems[member],
            number,
            float(strengths[n]),
            low=intervals[n][0],
            high=intervals[n][1],
            rank=int(order[n]),
            rank_low=intervals[n][2],
            rank_high=intervals[n][3],
            comparisons=round(counts[n]),
        )
        for n, member in enumerate(members)
    ]


def _ranks(strengths: Matrix) -> NDArray[np.int_]:
    """Rank each row, the strongest 1; equal ones share the better rank."""
    better = strengths[:, None, :] > strengths[:, :, None] + 1e-9
    ranks: NDArray[np.int_] = 1 + better.sum(axis=2)
    return ranks


def _intervals(strengths: Matrix, level: float) -> list[tuple[float, float, float, float]]:
    ranks = _ranks(strengths).astype(float)
    return [
        (*percentile_interval(strengths[:, n], level), *percentile_interval(ranks[:, n], level))
        for n in range(strengths.shape[1])
    ]


def fit(wins: Matrix, extra_ties: float = EXTRA_TIES) -> Matrix:
    """Find the most likely strengths of linked systems, for many tables of wins at once.

    Args:
        wins: By table, winner and loser.
        extra_ties: Ties that each compared pair is given on top.

    Returns:
        By table and system; the mean of a table is 0. Without extra ties, who won or lost throughout grows
        without end, as far as the steps go.
    """
    met = (wins + wins.transpose(0, 2, 1)) > 0
    wins = wins + met * (extra_ties / 2)
    played = wins + wins.transpose(0, 2, 1)
    size = wins.shape[1]
    strengths = np.zeros(wins.shape[:2])
    for _ in range(_MOST_STEPS):
        chance = 1 / (1 + np.exp(strengths[:, None, :] - strengths[:, :, None]))
        slope = (wins - played * chance).sum(axis=2)
        curve = played * chance * (1 - chance)
        # the strengths of a table are free up to a constant, which the ones hold at 0
        matrix = np.eye(size) * curve.sum(axis=2)[:, None, :] - curve + 1 / size
        step = np.linalg.solve(matrix, slope[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        strengths += step * np.minimum(1, _LONGEST_STEP / np.maximum(longest, _CLOSE))
        if longest.max() < _CLOSE:
            break
    centered: Matrix = strengths - strengths.mean(axis=1, keepdims=True)
    return centered
