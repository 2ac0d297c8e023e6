"""Compare two evaluations, paired by case; the tests are in `stats.contrasts`, the layout in `reports`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd  # type: ignore[import-untyped]

from psychagent.domain.scores import TOP
from psychagent.evals.table import Scores
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Sampling
from psychagent.stats.contrasts import Contrast, Pair, contrast_pairs, correct
from psychagent.stats.panels import PANELS, Panel, headline_name

Column = tuple[str, str]
"""Side and metric."""


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
    left, right = _case_means(ours), _case_means(theirs)
    keys = sorted(set(left.columns) & set(right.columns), key=_panel_order(ours))
    turned = _turned(ours)
    metrics = {
        f"{headline_name(key, 'invert' if (side, key) in turned else 'as_is')} ({side})": _pairs(
            left, right, [(side, key)]
        )
        for side, key in keys
    }
    panels = {}
    for panel in PANELS:
        members = _panel_columns(ours, panel)
        panels[panel.label] = _pairs(left, right, [column for column in keys if column in members])
    known, other = set(left.index), set(right.index)
    return Comparison(
        panels=_contrast_family(panels, sampling),
        metrics=_contrast_family(metrics, sampling),
        only_ours=tuple(sorted("/".join(case) for case in known - other)),
        only_theirs=tuple(sorted("/".join(case) for case in other - known)),
        warnings=tuple(_mismatches(ours, theirs)),
        sampling=sampling,
    )


def _case_means(scores: Scores) -> pd.DataFrame:
    """Mean by case (rows, modality and id) and metric (columns), higher is better."""
    frame = scores.frame
    value = frame[scores.use].where(~frame["missing"])
    oriented = value.where(frame["direction"] != "higher_worse", TOP - value)
    return frame.assign(oriented=oriented).pivot_table(
        index=["modality", "case_id"], columns=["side", "metric"], values="oriented", aggfunc="mean"
    )


def _turned(scores: Scores) -> set[Column]:
    """Return the metrics that `_case_means` turns."""
    rows = scores.frame[scores.frame["direction"] == "higher_worse"]
    return set(zip(rows["side"], rows["metric"], strict=True))


def _panel_columns(scores: Scores, panel: Panel) -> set[Column]:
    frame = scores.frame
    rows = frame[
        (frame["side"] == panel.side) & (frame["group"] == panel.group) & (frame["headline"] != "none")
    ]
    return set(zip(rows["side"], rows["metric"], strict=True))


def _panel_order(scores: Scores) -> Callable[[Column], tuple[int, Column]]:
    columns = [_panel_columns(scores, panel) for panel in PANELS]

    def place(column: Column) -> tuple[int, Column]:
        return next((n for n, members in enumerate(columns) if column in members), len(columns)), column

    return place


def _pairs(left: pd.DataFrame, right: pd.DataFrame, columns: Sequence[Column]) -> list[Pair]:
    """Pair the cases that have a value on both sides; several metrics are averaged where both have them."""
    cases = left.index.intersection(right.index)
    ours, theirs = left.reindex(cases)[list(columns)], right.reindex(cases)[list(columns)]
    both = ours.notna() & theirs.notna()
    means = pd.DataFrame({"ours": ours[both].mean(axis=1), "theirs": theirs[both].mean(axis=1)}, index=cases)
    return [
        Pair(case=str(case), ours=float(row.ours), theirs=float(row.theirs), stratum=str(modality))
        for (modality, case), row in means.dropna().iterrows()
    ]


def _contrast_family(pairs: Mapping[str, Sequence[Pair]], sampling: Sampling) -> dict[str, Contrast]:
    contrasts = correct([contrast_pairs(of_one, sampling) for of_one in pairs.values()])
    return dict(zip(pairs, contrasts, strict=True))


def _mismatches(ours: Scores, theirs: Scores) -> list[str]:
    lines = []
    for column, noun in (("judge_model", "judge models"), ("prompt_hash", "judge prompts")):
        if set(ours.frame[column]) != set(theirs.frame[column]):
            lines.append(f"The two evaluations used different {noun}: a difference may be the judge's.")
    scales = [dict(zip(s.frame["metric"], s.frame["scale_hash"], strict=True)) for s in (ours, theirs)]
    changed = sorted(
        name for name in scales[0].keys() & scales[1].keys() if scales[0][name] != scales[1][name]
    )
    if changed:
        lines.append(f"The wording of these scales differs between the two: {', '.join(changed)}.")
    if ours.is_script != theirs.is_script:
        lines.append("Only one of the two was made by a script: the comparison means nothing.")
    return lines
