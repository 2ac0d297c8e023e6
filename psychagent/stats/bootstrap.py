"""From single scores to the four headline numbers with intervals; knows no file and no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from psychagent.domain.scores import TOP
from psychagent.errors import ScoringError

Numbers = NDArray[np.float64]


class Panel(NamedTuple):
    """A group of metrics that yields one headline number."""

    side: str
    group: str

    @property
    def label(self) -> str:
        """Name for tables and figures."""
        return f"{self.side.capitalize()} {self.group}"


PANELS = (
    Panel("counselor", "shared"),
    Panel("counselor", "specific"),
    Panel("client", "shared"),
    Panel("client", "specific"),
)
"""The four headline numbers, in the paper's order."""


class MetricId(NamedTuple):
    """A metric's name: one scale may yield a metric of the same key on both sides."""

    side: str
    key: str


Members = Mapping[Panel, Sequence[MetricId]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One session's score of one metric, as the headline wants it."""

    case: str
    stratum: str
    """Cases are resampled within their stratum, which is the modality."""
    metric: MetricId
    value: float
    """0 to 10, higher is better: inverted where the metric measures harm."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How intervals are drawn."""

    resamples: int = 2000
    seed: int = 0
    level: float = 0.95


DEFAULT_SAMPLING = Sampling()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its interval; all None where nothing was scored."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    sessions: int = 0
    cases: int = 0


@dataclass(frozen=True, slots=True)
class PanelEstimate:
    """A headline number, and which of its metrics it is made of."""

    value: Estimate
    metrics: tuple[MetricId, ...]
    absent: tuple[MetricId, ...]
    """Metrics of the panel without a single score; the number is the mean of the others."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """What was estimated from one set of cells."""

    metrics: Mapping[MetricId, Estimate]
    panels: Mapping[Panel, PanelEstimate]


def to_headline(value: float, transform: str) -> float:
    """Turn a score into what the headline averages.

    Args:
        value: A score on 0 to 10.
        transform: `as_is`, `none` (a metric outside the headline), or `invert` for 10 - value.

    Raises:
        ScoringError: If the transform is another word.
    """
    if transform == "invert":
        return TOP - value
    if transform in {"as_is", "none"}:
        return value
    raise ScoringError(f"no headline transform {transform!r}; known: as_is, invert, none")


def mean_of_metrics(means: Mapping[MetricId, float], members: Members) -> dict[Panel, float]:
    """Return each panel's unweighted mean of its metrics; a panel without any metric is left out.

    Source: inferred; reproduces the paper's Table 1 from its Figure 3 within 0.02.
    """
    numbers = {panel: [means[m] for m in ids if m in means] for panel, ids in members.items()}
    return {panel: sum(values) / len(values) for panel, values in numbers.items() if values}


def estimate(cells: Iterable[Cell], members: Members, sampling: Sampling = DEFAULT_SAMPLING) -> Estimates:
    """Estimate every metric's and every panel's mean with a percentile interval.

    A metric's mean is taken over all its sessions, a panel's over its metrics, unweighted. The
    interval comes from a bootstrap over cases within their stratum, all sessions of a case kept
    together: sessions of one client are not independent. Strata of one case are resampled together,
    which makes intervals wider rather than narrower. A number with a metric that rests on a single case
    has no interval: that case's spread cannot be seen.
    """
    table = _Table.build(tuple(cells))
    draws = _resampled_means(table, sampling)
    metrics = {m: _metric_estimate(table, draws, [m], sampling) for m in table.metrics}
    panels = {}
    for panel, ids in members.items():
        present = tuple(m for m in ids if m in table.column)
        absent = tuple(m for m in ids if m not in table.column)
        value = _metric_estimate(table, draws, present, sampling) if present else Estimate()
        panels[panel] = PanelEstimate(value, present, absent)
    return Estimates(metrics, panels)


@dataclass(frozen=True, slots=True)
class _Table:
    """Sums and counts of scores by case and metric."""

    sums: Numbers
    counts: Numbers
    strata: Sequence[str]
    metrics: Sequence[MetricId]
    column: Mapping[MetricId, int]

    @classmethod
    def build(cls, cells: Sequence[Cell]) -> _Table:
        cases = sorted({(cell.stratum, cell.case) for cell in cells})
        metrics = sorted({cell.metric for cell in cells})
        row = {case: place for place, case in enumerate(cases)}
        column = {metric: place for place, metric in enumerate(metrics)}
        sums = np.zeros((len(cases), len(metrics)))
        counts = np.zeros_like(sums)
        for cell in cells:
            place = row[cell.stratum, cell.case], column[cell.metric]
            sums[place] += cell.value
            counts[place] += 1
        return cls(sums, counts, merge_lone([stratum for stratum, _ in cases]), metrics, column)


def merge_lone(strata: Sequence[str]) -> list[str]:
    """Give strata of one case a common name; a single one joins the smallest of the others."""
    sizes = Counter(strata)
    lone = [stratum for stratum, size in sizes.items() if size == 1]
    others = sorted((size, stratum) for stratum, size in sizes.items() if size > 1)
    if len(lone) == 1 and others:
        lone.append(others[0][1])
    return ["+".join(sorted(lone)) if stratum in lone else stratum for stratum in strata]


def _resampled_means(table: _Table, sampling: Sampling) -> Numbers:
    """Means of every metric (columns) in every resample (rows); NaN where a resample has no score."""
    rng = np.random.default_rng(sampling.seed)
    weights = np.zeros((sampling.resamples, len(table.strata)))
    strata = np.array(table.strata)
    for stratum in sorted(set(table.strata)):
        places = np.flatnonzero(strata == stratum)
        share = np.full(len(places), 1 / len(places))
        weights[:, places] = rng.multinomial(len(places), share, size=sampling.resamples)
    return _divide(weights @ table.sums, weights @ table.counts)


def _divide(sums: Numbers, counts: Numbers) -> Numbers:
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _metric_estimate(table: _Table, draws: Numbers, ids: Sequence[MetricId], sampling: Sampling) -> Estimate:
    columns = [table.column[m] for m in ids]
    counts = table.counts[:, columns]
    mean = float(np.mean(table.sums[:, columns].sum(axis=0) / counts.sum(axis=0)))
    scored = counts > 0
    low, high = (None, None)
    if all(_spread_is_seen(table, column) for column in scored.T):
        low, high = percentile_interval(draws[:, columns].mean(axis=1), sampling.level)
    return Estimate(
        mean, low, high, sessions=int(counts.max(axis=1).sum()), cases=int(scored.any(axis=1).sum())
    )


def _spread_is_seen(table: _Table, scored: NDArray[np.bool_]) -> bool:
    bearing = [stratum for stratum, used in zip(table.strata, scored, strict=True) if used]
    return all(bearing.count(stratum) > 1 for stratum in set(bearing))


def percentile_interval(draws: Numbers, level: float) -> tuple[float, float]:
    """Return the central interval of resampled means; resamples without a mean are left out."""
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(draws[~np.isnan(draws)], [tail, 100 - tail])
    return float(low), float(high)
