"""Cases as the unit of comparison: one number a case and metric, whatever sessions and seeds it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd  # type: ignore[import-untyped]

from psychagent.stats.bootstrap import Cell
from psychagent.stats.panels import PANELS, Members, MetricId, Panel, ScoreCell
from psychagent.stats.trends import slope

_METRIC = ["modality", "case_id", "side", "metric"]


def case_cells(seeds: Iterable[pd.DataFrame], column: str = "value") -> list[ScoreCell]:
    """Return one cell a case and metric: the mean over its seeds of the mean over its sessions.

    Args:
        seeds: Tables of scores of one system, one for each seed; what is missing in all of them has no cell.
        column: Which column counts.
    """
    means = [frame.dropna(subset=[column]).groupby(_METRIC)[column].mean() for frame in seeds]
    return _to_cells(means)


def trend_cells(seeds: Iterable[pd.DataFrame]) -> list[ScoreCell]:
    """Return the slope of each case and metric over its sessions: the mean over its seeds.

    A case with a score of one session alone has none.
    """
    slopes = []
    for frame in seeds:
        parts = frame.dropna(subset=["value"]).groupby(_METRIC)[["session_index", "value"]]
        found = {key: slope(list(part.itertuples(index=False, name=None))) for key, part in parts}
        slopes.append(pd.Series({key: value for key, value in found.items() if value is not None}))
    return _to_cells([part for part in slopes if len(part)])


def _to_cells(by_seed: Sequence[pd.Series]) -> list[ScoreCell]:
    if not by_seed:
        return []
    means = pd.concat(by_seed).groupby(level=[0, 1, 2, 3]).mean()
    return [
        Cell(str(case), MetricId(str(side), str(key)), float(value), str(modality))
        for (modality, case, side, key), value in means.items()
    ]


def panel_members(frames: Iterable[pd.DataFrame]) -> Members:
    """List the metrics of each headline number by the tables of scores themselves."""
    members: dict[Panel, dict[MetricId, None]] = {panel: {} for panel in PANELS}
    for side, key, group in _headline_metrics(frames):
        members.get(Panel(side, group), {})[MetricId(side, key)] = None
    return {panel: sorted(metrics) for panel, metrics in members.items()}


def _headline_metrics(frames: Iterable[pd.DataFrame]) -> Iterator[tuple[str, str, str]]:
    for frame in frames:
        rows = frame[frame["headline"] != "none"][["side", "metric", "group"]].drop_duplicates()
        yield from ((str(side), str(key), str(group)) for side, key, group in rows.itertuples(index=False))
