"""Compare two evaluations, paired by case; the tests are in `stats.contrasts`, the layout in `reports`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd  # type: ignore[import-untyped]

from psychagent.domain.scores import TOP
from psychagent.evals.systems.cases import case_cells, panel_members
from psychagent.evals.systems.mismatch import find_mismatches
from psychagent.evals.table import Scores
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Sampling
from psychagent.stats.contrasts import Contrast, Pair, contrast_pairs, correct
from psychagent.stats.panels import PANELS, Members, MetricId, headline_name
from psychagent.stats.standings import contrast_systems, pair_cells


@dataclass(frozen=True)
class Comparison:
    """Two evaluations side by side; positive differences favor the first."""

    panels: Mapping[str, Contrast]
    """By name, as in `metrics`."""
    metrics: Mapping[str, Contrast]
    only_ours: tuple[str, ...]
    """Cases that the second evaluation lacks."""
    only_theirs: tuple[str, ...]
    warnings: tuple[str, ...]
    sampling: Sampling
    """How the intervals were drawn."""


def compare(ours: Scores, theirs: Scores, sampling: Sampling = DEFAULT_SAMPLING) -> Comparison:
    """Compare two evaluations case by case, each case the mean of its sessions.

    Every metric is oriented so that higher is better. Holm's correction is applied to the metrics
    and to the panels separately.
    """
    both = {_OURS: ours.frame, _THEIRS: theirs.frame}
    members = panel_members(both.values())
    panels = contrast_systems(
        {name: case_cells([frame]) for name, frame in both.items()}, members, _THEIRS, sampling
    )[_OURS]
    known, other = (set(zip(f["modality"], f["case_id"], strict=True)) for f in both.values())
    return Comparison(
        panels={panel.label: panels[panel] for panel in PANELS},
        metrics=_compare_metrics(ours.frame, theirs.frame, members, sampling),
        only_ours=tuple(sorted("/".join(case) for case in known - other)),
        only_theirs=tuple(sorted("/".join(case) for case in other - known)),
        warnings=tuple(find_mismatches([ours], [theirs])),
        sampling=sampling,
    )


_OURS, _THEIRS = "ours", "theirs"


def _compare_metrics(
    ours: pd.DataFrame, theirs: pd.DataFrame, members: Members, sampling: Sampling
) -> dict[str, Contrast]:
    """Compare every metric that both hold, those of the headline numbers first, as one family of tests."""
    pairs: dict[MetricId, list[Pair]] = {}
    for pair in pair_cells(*(case_cells([_oriented(frame)], "oriented") for frame in (ours, theirs))):
        assert isinstance(pair.key, MetricId)
        pairs.setdefault(pair.key, []).append(pair)
    of_panels = [metric for metrics in members.values() for metric in metrics]
    metrics = dict.fromkeys(metric for metric in (*of_panels, *sorted(pairs)) if metric in pairs)
    turned = _turned(ours)
    contrasts = correct([contrast_pairs(pairs[metric], sampling) for metric in metrics])
    return {
        f"{headline_name(metric.key, 'invert' if metric in turned else 'as_is')} ({metric.side})": contrast
        for metric, contrast in zip(metrics, contrasts, strict=True)
    }


def _oriented(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn every metric so that higher is better, those outside the headline too."""
    value, is_harm = frame["value"], frame["direction"] == "higher_worse"
    # what the headline inverts is turned already
    return frame.assign(oriented=value.where(~is_harm | (frame["headline"] == "invert"), TOP - value))


def _turned(frame: pd.DataFrame) -> set[MetricId]:
    rows = frame[(frame["direction"] == "higher_worse") | (frame["headline"] == "invert")]
    return {MetricId(str(side), str(key)) for side, key in zip(rows["side"], rows["metric"], strict=True)}
