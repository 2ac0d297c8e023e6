"""Two evaluations paired by case: differences, intervals, tests; knows no layout."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from psychagent.domain.scores import TOP
from psychagent.evals.table import Scores
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, PANELS, Cell, MetricId, Panel, Sampling, estimate

Vector = NDArray[np.float64]
Column = tuple[str, str]

TIE = 1e-9
"""Differences smaller than this are rounding."""
FEW = 13
"""Up to so many unequal pairs all 2^n assignments of signs are gone through."""


@dataclass(frozen=True)
class Contrast:
    """One metric or panel in two evaluations, over the cases that both hold; positive favors the first."""

    name: str
    cases: int
    ours: float | None = None
    theirs: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Wilcoxon signed rank, two-sided; None where every case ties or there is none."""
    p_holm: float | None = None
    rank_biserial: float | None = None
    """(sum of ranks that favor the first - sum of the others) / sum of all; -1 to 1."""
    dz: float | None = None
    """Mean difference over the standard deviation of the differences."""
    wins: int = 0
    ties: int = 0
    losses: int = 0


@dataclass(frozen=True)
class Comparison:
    """Two evaluations side by side."""

    panels: tuple[Contrast, ...]
    metrics: tuple[Contrast, ...]
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]
    warnings: tuple[str, ...]


def compare(ours: Scores, theirs: Scores, sampling: Sampling = DEFAULT_SAMPLING) -> Comparison:
    """Compare two evaluations case by case, each case the mean of its sessions.

    Every metric is turned so that higher is better. Holm's correction is over the metrics, and over
    the panels apart.
    """
    left, right = _case_means(ours), _case_means(theirs)
    keys = sorted(set(left.columns) & set(right.columns), key=_panel_order(ours))
    metrics = [
        _contrast(f"{key} ({side})", _pairs(left, right, [(side, key)]), sampling) for side, key in keys
    ]
    panels = []
    for panel in PANELS:
        members = _panel_columns(ours, panel)
        shared = [column for column in keys if column in members]
        panels.append(_contrast(panel.label, _pairs(left, right, shared), sampling))
    known, other = set(left.index), set(right.index)
    return Comparison(
        panels=tuple(_with_holm(panels)),
        metrics=tuple(_with_holm(metrics)),
        only_ours=tuple(sorted("/".join(case) for case in known - other)),
        only_theirs=tuple(sorted("/".join(case) for case in other - known)),
        warnings=tuple(_mismatches(ours, theirs)),
    )


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


def _case_means(scores: Scores) -> pd.DataFrame:
    """Mean by case (rows, modality and id) and metric (columns), higher is better."""
    frame = scores.frame
    value = frame[scores.use].where(~frame["missing"])
    oriented = value.where(frame["direction"] != "higher_worse", TOP - value)
    return frame.assign(oriented=oriented).pivot_table(
        index=["modality", "case_id"], columns=["side", "metric"], values="oriented", aggfunc="mean"
    )


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


def _pairs(left: pd.DataFrame, right: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Pair the cases that have a value on both sides; several metrics are averaged where both have them."""
    cases = left.index.intersection(right.index)
    ours, theirs = left.reindex(cases)[list(columns)], right.reindex(cases)[list(columns)]
    both = ours.notna() & theirs.notna()
    pairs = pd.DataFrame({"ours": ours[both].mean(axis=1), "theirs": theirs[both].mean(axis=1)}, index=cases)
    return pairs.dropna()


def _contrast(name: str, pairs: pd.DataFrame, sampling: Sampling) -> Contrast:
    if pairs.empty:
        return Contrast(name, 0)
    differences = (pairs["ours"] - pairs["theirs"]).to_numpy(float, copy=True)
    differences[np.abs(differences) < TIE] = 0.0
    metric = MetricId("", name)
    cells = [
        Cell(str(case), str(modality), metric, value)
        for (modality, case), value in zip(pairs.index, differences, strict=True)
    ]
    interval = estimate(cells, {}, sampling).metrics[metric]
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    contrast = Contrast(
        name=name,
        cases=len(pairs),
        ours=float(pairs["ours"].mean()),
        theirs=float(pairs["theirs"].mean()),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        dz=_cohen_dz(differences),
        wins=wins,
        ties=len(pairs) - wins - losses,
        losses=losses,
    )
    return _with_test(contrast, differences[differences != 0])


def _with_test(contrast: Contrast, differences: Vector) -> Contrast:
    if differences.size == 0:
        return contrast
    sizes: Vector = np.abs(differences).round(9)
    ranks = stats.rankdata(sizes)
    balance = float((ranks * np.sign(differences)).sum() / ranks.sum())
    result = stats.wilcoxon(np.sign(differences) * sizes, method=_method(sizes), correction=True)
    return replace(contrast, p=float(result.pvalue), rank_biserial=balance)


def _method(sizes: Vector) -> Any:
    """Choose an exact test where it can be had: equal differences rule out the usual exact table."""
    if len(np.unique(sizes)) == len(sizes) and len(sizes) <= 50:
        return "exact"
    return stats.PermutationMethod() if len(sizes) <= FEW else "asymptotic"


def _cohen_dz(differences: Vector) -> float | None:
    if len(differences) < 2:
        return None
    spread = float(differences.std(ddof=1))
    return None if math.isclose(spread, 0, abs_tol=TIE) else float(differences.mean()) / spread


def _with_holm(contrasts: Sequence[Contrast]) -> list[Contrast]:
    corrected = holm([contrast.p for contrast in contrasts])
    return [replace(c, p_holm=p) for c, p in zip(contrasts, corrected, strict=True)]


def _mismatches(ours: Scores, theirs: Scores) -> list[str]:
    found = []
    for column, noun in (("judge_model", "judge models"), ("prompt_hash", "judge prompts")):
        if set(ours.frame[column]) != set(theirs.frame[column]):
            found.append(f"The two evaluations used different {noun}: a difference may be the judge's.")
    scales = [dict(zip(s.frame["metric"], s.frame["scale_hash"], strict=True)) for s in (ours, theirs)]
    changed = sorted(
        name for name in scales[0].keys() & scales[1].keys() if scales[0][name] != scales[1][name]
    )
    if changed:
        found.append(f"The wording of these scales differs between the two: {', '.join(changed)}.")
    if ours.is_script != theirs.is_script:
        found.append("Only one of the two was made by a script: the comparison means nothing.")
    return found
