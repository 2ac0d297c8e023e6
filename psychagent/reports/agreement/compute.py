"""Agreement over all units of a table of ratings, by dimension and by system; knows no report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from psychagent.evals.ratings.table import RatingTable
from psychagent.reports.agreement.rankings import Rankings, rank
from psychagent.stats.agreement import Alpha, PairAgreement, agree_pairs, ordinal_alpha, restrict
from psychagent.stats.concordance import kappa_intervals
from psychagent.stats.ratings import Ratings, Unit

ALL = "all"
MOST_RATERS = 10
"""Raters whose pairs a person still reads one by one; of more, the pairs are summed up."""


@dataclass(frozen=True)
class Part:
    """Agreement over some of the units."""

    name: str
    pairs: tuple[PairAgreement, ...]
    alpha: Alpha
    units: int
    """Units that anybody rated."""


@dataclass(frozen=True)
class Agreement:
    """Agreement over all units, by dimension and by system."""

    whole: Part
    dimensions: tuple[Part, ...]
    systems: tuple[Part, ...]
    rankings: Rankings
    """Of all raters."""


def compute_agreement(table: RatingTable) -> Agreement:
    """Compare every pair of raters over all units, by dimension, and by system where it is known.

    Over units whose dimensions have different ranges nothing is computed: raters would agree on the ranges.
    """
    units: set[Unit] = {unit for scores in table.ratings.values() for unit in scores}
    dimensions = sorted({dimension for _, dimension in units})
    systems = sorted(set(table.systems.values()))

    def part(name: str, members: set[Unit]) -> Part:
        ratings: Ratings = restrict(table.ratings, {*members})
        levels = table.levels_of(members)
        pairs = _with_intervals(agree_pairs(ratings, levels), ratings, levels)
        return Part(name, pairs, ordinal_alpha(ratings, levels), len(members))

    return Agreement(
        whole=part(ALL, units),
        dimensions=tuple(part(name, {u for u in units if u[1] == name}) for name in dimensions),
        systems=tuple(
            part(name, {unit for unit in units if table.systems.get(unit[0]) == name}) for name in systems
        ),
        rankings=rank(table),
    )


def _with_intervals(
    pairs: tuple[PairAgreement, ...], ratings: Ratings, levels: Sequence[float]
) -> tuple[PairAgreement, ...]:
    """Add the intervals of the kappas, where pairs are few enough to be read one by one."""
    if len(ratings) > MOST_RATERS:
        return pairs
    found = kappa_intervals(ratings, levels)
    none = (None, None)
    return tuple(
        replace(pair, low=low, high=high)
        for pair in pairs
        for low, high in (found.get((pair.first, pair.second), none),)
    )
