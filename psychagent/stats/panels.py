"""The four headline numbers: each the unweighted mean of one group's metrics on one side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from psychagent.domain.scores import TOP
from psychagent.errors import ScoringError
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Cell, Estimate, Resamples, Sampling, resample


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
ScoreCell = Cell[MetricId]
"""One session's score of one metric, 0 to 10, as `to_headline` returns it: higher is better."""


@dataclass(frozen=True, slots=True)
class PanelEstimate:
    """A headline number, and which of its metrics it is made of."""

    value: Estimate
    metrics: tuple[MetricId, ...]
    absent: tuple[MetricId, ...]
    """Metrics of the panel without a single score; the number is the mean of the others."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Every metric and every panel, from one set of scores."""

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


def headline_name(key: str, transform: str) -> str:
    """Name a metric as `to_headline` counts it, so that no table or figure passes 10 - x off as x."""
    return f"10 − {key}" if transform == "invert" else key


def mean_of_metrics(means: Mapping[MetricId, float], members: Members) -> dict[Panel, float]:
    """Return each panel's unweighted mean of its metrics; a panel without any metric is left out.

    Source: inferred; reproduces the paper's Table 1 from its Figure 3 within 0.02.
    """
    numbers = {panel: [means[m] for m in ids if m in means] for panel, ids in members.items()}
    return {panel: sum(values) / len(values) for panel, values in numbers.items() if values}


def estimate_panels(
    cells: Iterable[ScoreCell], members: Members, sampling: Sampling = DEFAULT_SAMPLING
) -> Estimates:
    """Estimate every metric's and every panel's mean; `bootstrap_means` says how."""
    resamples = resample(cells, sampling)
    return Estimates(
        metrics={metric: resamples.mean_of([metric]) for metric in resamples.column},
        panels={panel: _estimate_panel(resamples, ids) for panel, ids in members.items()},
    )


def _estimate_panel(resamples: Resamples[MetricId], ids: Sequence[MetricId]) -> PanelEstimate:
    present = tuple(metric for metric in ids if metric in resamples.column)
    absent = tuple(metric for metric in ids if metric not in resamples.column)
    return PanelEstimate(resamples.mean_of(present) if present else Estimate(), present, absent)
