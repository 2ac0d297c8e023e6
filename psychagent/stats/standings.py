"""Several systems over the same cases: each against a reference, all in one ranking. Needs scipy (`eval`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Cell, Sampling, resample
from psychagent.stats.contrasts import Contrast, Pair, contrast_pairs, correct
from psychagent.stats.omnibus import Friedman, friedman
from psychagent.stats.panels import Members, MetricId, Panel, ScoreCell
from psychagent.stats.ranking import Rank, rank_means

Scored = Mapping[str, Sequence[ScoreCell]]
"""System -> its scores: one cell a case and metric, higher is better."""
Place = tuple[str, str, MetricId]
"""Stratum, case and metric."""
_Values = Mapping[str, Mapping[Place, float]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All systems by one headline number, over what every one of them has."""

    cases: int
    ranks: Mapping[str, Rank]
    """Empty where no case has a score of every system."""
    friedman: Friedman | None


def contrast_systems(
    scored: Scored, members: Members, reference: str, sampling: Sampling = DEFAULT_SAMPLING
) -> dict[str, dict[Panel, Contrast]]:
    """Compare every system with the reference on every headline number, over the cases that both have.

    Holm's correction is over all of these tests as one family: systems times headline numbers.
    """
    theirs = _by_place(scored[reference])
    others = [name for name in scored if name != reference]
    places = [(name, panel) for name in others for panel in members]
    ours = {name: _by_place(scored[name]) for name in others}
    family = correct(
        [contrast_pairs(list(_pairs(ours[name], theirs, members[panel])), sampling) for name, panel in places]
    )
    found: dict[str, dict[Panel, Contrast]] = {name: {} for name in others}
    for (name, panel), contrast in zip(places, family, strict=True):
        found[name][panel] = contrast
    return found


def pair_cells(ours: Iterable[ScoreCell], theirs: Iterable[ScoreCell]) -> list[Pair]:
    """Pair the cells of two systems by case and metric; what one of them lacks is left out."""
    mine = _by_place(ours)
    return list(_pairs(mine, _by_place(theirs), dict.fromkeys(metric for *_, metric in mine)))


def _by_place(cells: Iterable[ScoreCell]) -> dict[Place, float]:
    return {(cell.stratum, cell.case, cell.key): cell.value for cell in cells}


def _pairs(
    ours: Mapping[Place, float], theirs: Mapping[Place, float], metrics: Iterable[MetricId]
) -> Iterator[Pair]:
    wanted = set(metrics)
    for place in sorted(ours.keys() & theirs.keys()):
        stratum, case, metric = place
        if metric in wanted:
            yield Pair(case, ours[place], theirs[place], stratum, metric)


def rank_systems(
    scored: Scored, members: Members, sampling: Sampling = DEFAULT_SAMPLING
) -> dict[Panel, Ranking]:
    """Rank all systems by every headline number, and test whether they differ at all.

    Only what every system has takes part, metric by metric, so that no system gains by what others lack.
    All systems are resampled together: a hard case is hard for all of them.
    """
    values = {name: _by_place(cells) for name, cells in scored.items()}
    common = sorted(set.intersection(*(set(found) for found in values.values())))
    return {
        panel: _rank(values, [place for place in common if place[2] in set(metrics)], sampling)
        for panel, metrics in members.items()
    }


def _rank(values: _Values, places: Sequence[Place], sampling: Sampling) -> Ranking:
    if not places:
        return Ranking(0, {}, None)
    resamples = resample(
        [
            Cell(case, (name, metric), values[name][stratum, case, metric], stratum)
            for name in values
            for stratum, case, metric in places
        ],
        sampling,
    )
    metrics = list(dict.fromkeys(metric for *_, metric in places))
    keys = {name: [(name, metric) for metric in metrics] for name in values}
    estimates = {name: resamples.mean_of(of_name) for name, of_name in keys.items()}
    columns = [[resamples.column[key] for key in of_name] for of_name in keys.values()]
    draws = np.column_stack([resamples.means[:, column].mean(axis=1) for column in columns])
    means = {name: estimate.mean or 0.0 for name, estimate in estimates.items()}
    is_sure = all(estimate.low is not None for estimate in estimates.values())
    blocks = _blocks(values, places)
    return Ranking(
        len(blocks), rank_means(means, draws if is_sure else None, sampling.level), friedman(blocks)
    )


def _blocks(values: _Values, places: Sequence[Place]) -> list[list[float]]:
    """Return each case's mean over its metrics, by system."""
    cases: defaultdict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places:
        cases[place[:2]].append(place)
    return [
        [float(np.mean([of_one[place] for place in mine])) for of_one in values.values()]
        for mine in cases.values()
    ]
