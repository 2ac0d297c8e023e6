"""What the scales say of their metrics: which headline number each belongs to, and what silence scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psychagent.files.given import require
from psychagent.scales.scale import Metric, Scale
from psychagent.stats.panels import PANELS, Members, MetricId, Panel, to_headline


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """One metric and the scale that it comes from."""

    scale: Scale
    metric: Metric

    @property
    def id(self) -> MetricId:
        """Its name."""
        return MetricId(self.metric.side, self.metric.key)

    @property
    def panel(self) -> Panel | None:
        """The headline number that it is part of, if any."""
        return Panel(self.metric.side, self.scale.group) if self.scale.in_headline else None

    @property
    def silent(self) -> float:
        """What an empty session gets: every item left at its "no evidence" default."""
        return self.scale.score(self.metric, self.scale.defaults)

    @property
    def silent_headline(self) -> float:
        """`silent` as the headline counts it."""
        return to_headline(self.silent, self.metric.headline)


def list_metrics(scales: Mapping[str, Scale]) -> dict[MetricId, MetricInfo]:
    """List the metrics of scales by their names.

    Raises:
        SettingsError: If they are no scales.
    """
    require(Mapping, scales, "what holds the scales")  # type: ignore[type-abstract]
    for scale in scales.values():
        require(Scale, scale, "what stands for a scale")
    infos = [MetricInfo(scale, metric) for scale in scales.values() for metric in scale.metrics]
    return {info.id: info for info in infos}


def headline_members(infos: Iterable[MetricInfo], modalities: Iterable[str] | None = None) -> Members:
    """List the metrics of each headline number, optionally of some modalities only."""
    wanted = None if modalities is None else set(modalities)
    chosen = [info for info in infos if wanted is None or wanted & set(info.scale.modalities)]
    return {panel: [info.id for info in chosen if info.panel == panel] for panel in PANELS}
