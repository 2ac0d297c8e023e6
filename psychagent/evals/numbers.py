"""The numbers of the report: headline, by metric, by modality, by session; knows no file and no layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd  # type: ignore[import-untyped]

from psychagent.evals.table import Scores, headline_values, to_cells
from psychagent.scales.metrics import MetricInfo, headline_members
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Estimate, Sampling
from psychagent.stats.panels import (
    PANELS,
    Estimates,
    Members,
    MetricId,
    Panel,
    PanelEstimate,
    estimate_panels,
    mean_of_metrics,
)

Infos = Mapping[MetricId, MetricInfo]


@dataclass(frozen=True)
class MetricLine:
    """One metric over a set of sessions."""

    id: MetricId
    headline: str
    direction: str
    chosen: Estimate
    raw: float | None
    verified: float | None
    asked: int
    """Sessions judged on the metric, missing scores included."""
    scored: int
    quotes: int
    quotes_verified: int
    departures: int
    set_back: int
    absent: int
    no_evidence: int = 0
    against: int = 0
    gated: int = 0
    crowded: int = 0
    items_seen: float | None = None
    """Mean share of the items to which evidence was found; None where the table does not tell."""
    evidenced: float | None = None
    """Mean over these items alone, as the headline counts it."""

    @property
    def coverage(self) -> float:
        """Share of those sessions in which the score is not missing."""
        return self.scored / self.asked if self.asked else 0.0

    @property
    def quote_rate(self) -> float | None:
        """Share of quotes found in the dialogue as claimed; None without quotes."""
        return self.quotes_verified / self.quotes if self.quotes else None


@dataclass(frozen=True)
class Trend:
    """One panel by session index."""

    panel: Panel
    points: tuple[tuple[int, Estimate], ...]


@dataclass(frozen=True)
class Numbers:
    """All numbers of one evaluation."""

    chosen: Estimates
    raw: Estimates
    verified: Estimates
    silent: Mapping[Panel, float]
    """Headline numbers of an empty session by the default rules, over the metrics that were judged."""
    metrics: tuple[MetricLine, ...]
    modalities: Mapping[str, tuple[Estimates, tuple[MetricLine, ...]]]
    trends: tuple[Trend, ...]

    def panel(self, panel: Panel) -> PanelEstimate:
        """Return a headline number."""
        return self.chosen.panels[panel]


def compute_numbers(scores: Scores, infos: Infos, sampling: Sampling = DEFAULT_SAMPLING) -> Numbers:
    """Compute everything the report prints about one evaluation."""
    members = members_of(scores.frame, infos)
    frame = scores.frame.assign(
        headline_raw=headline_values(scores.frame, "raw"),
        headline_verified=headline_values(scores.frame, "verified"),
        headline_evidenced=headline_values(scores.frame, "evidenced"),
    )
    chosen = estimate_panels(to_cells(frame), members, sampling)
    modalities = {}
    for modality in scores.modalities:
        part = frame[frame["modality"] == modality]
        numbers = estimate_panels(to_cells(part), members_of(part, infos), sampling)
        modalities[modality] = (numbers, metric_lines(part, numbers))
    return Numbers(
        chosen=chosen,
        raw=estimate_panels(to_cells(frame, "headline_raw"), members, sampling),
        verified=estimate_panels(to_cells(frame, "headline_verified"), members, sampling),
        silent=silent_panels(infos, [m for panel in chosen.panels.values() for m in panel.metrics]),
        metrics=metric_lines(frame, chosen),
        modalities=modalities,
        trends=trends_of(frame, infos, sampling),
    )


def members_of(frame: pd.DataFrame, infos: Infos) -> Members:
    """List the metrics of each headline number: those of the modalities, and any others that were judged.

    Metrics of the modalities that were not judged are listed too, so that the report can name them.
    """
    known = headline_members(infos.values(), frame["modality"].unique())
    asked = frame[frame["headline"] != "none"][["side", "metric", "group"]].drop_duplicates()
    extra: dict[Panel, list[MetricId]] = {panel: [] for panel in PANELS}
    for side, key, group in asked.itertuples(index=False):
        panel, metric = Panel(str(side), str(group)), MetricId(str(side), str(key))
        if panel in extra and metric not in known[panel]:
            extra[panel].append(metric)
    return {panel: [*known[panel], *extra[panel]] for panel in PANELS}


def silent_panels(infos: Infos, asked: Sequence[MetricId]) -> dict[Panel, float]:
    """Return the headline numbers that the default rules give a session in which nothing is said."""
    chosen = {m: infos[m] for m in asked if m in infos}
    means = {m: info.silent_headline for m, info in chosen.items()}
    return mean_of_metrics(means, headline_members(chosen.values()))


def metric_lines(frame: pd.DataFrame, numbers: Estimates) -> tuple[MetricLine, ...]:
    """Summarize every metric that was judged, ordered by panel as in the paper."""
    lines = [
        _metric_line(MetricId(str(side), str(key)), rows, numbers)
        for (side, key), rows in frame.groupby(["side", "metric"], sort=True)
    ]
    groups = {MetricId(r.side, r.metric): r.group for r in frame.itertuples()}
    order = {panel: place for place, panel in enumerate(PANELS)}
    return tuple(sorted(lines, key=lambda line: order.get(Panel(line.id.side, groups[line.id]), len(PANELS))))


def _metric_line(metric: MetricId, rows: pd.DataFrame, numbers: Estimates) -> MetricLine:
    total = {name: int(rows[name].sum()) for name in _COUNTED}
    return MetricLine(
        id=metric,
        headline=str(rows["headline"].iloc[0]),
        direction=str(rows["direction"].iloc[0]),
        chosen=numbers.metrics.get(metric, Estimate()),
        raw=_mean(rows["headline_raw"]),
        verified=_mean(rows["headline_verified"]),
        asked=len(rows),
        scored=int((~rows["missing"]).sum()),
        quotes=total["n_quotes"],
        quotes_verified=total["n_verified"],
        departures=total["n_departures"],
        set_back=total["n_set_back"],
        absent=total["n_absent"],
        no_evidence=total["n_no_evidence"],
        against=total["n_against"],
        gated=total["n_gated"],
        crowded=total["n_crowded"],
        items_seen=_mean(rows["coverage"]),
        evidenced=_mean(rows["headline_evidenced"]),
    )


_COUNTED = (
    *("n_quotes", "n_verified", "n_departures", "n_set_back", "n_absent"),
    *("n_no_evidence", "n_against", "n_gated", "n_crowded"),
)


def _mean(column: pd.Series) -> float | None:
    return float(column.mean()) if column.notna().any() else None


def trends_of(frame: pd.DataFrame, infos: Infos, sampling: Sampling) -> tuple[Trend, ...]:
    """Estimate every headline number by session, over the cases that have the session."""
    points: dict[Panel, list[tuple[int, Estimate]]] = {panel: [] for panel in PANELS}
    for index, rows in frame.groupby("session_index", sort=True):
        numbers = estimate_panels(to_cells(rows), members_of(rows, infos), sampling)
        for panel, estimate in numbers.panels.items():
            if estimate.value.mean is not None:
                points[panel].append((int(str(index)), estimate.value))
    return tuple(Trend(panel, tuple(values)) for panel, values in points.items())
