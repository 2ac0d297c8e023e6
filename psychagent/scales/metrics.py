"""What the scale files say of their metrics: who belongs to which headline number, and what silence scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psychagent.assets.locate import asset_dir
from psychagent.assets.yaml import load_data
from psychagent.scales.aggregate import PANELS, Members, MetricId, Panel, to_headline
from psychagent.scales.formula import score_metric


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """One metric of one scale."""

    id: MetricId
    scale: str
    group: str
    modalities: tuple[str, ...]
    headline: str
    direction: str
    in_headline: bool
    silent: float
    """Score if every item is left at the scale's "no evidence" default: what an empty session gets."""

    @property
    def panel(self) -> Panel:
        """The headline number that the metric is part of, if `in_headline`."""
        return Panel(self.id.side, self.group)

    @property
    def silent_headline(self) -> float:
        """`silent` as the headline counts it."""
        return to_headline(self.silent, self.headline)


def load_metrics(root: Path | None = None) -> dict[MetricId, MetricInfo]:
    """Read the metrics of all scale files; None is the bundled folder.

    Raises:
        AssetError: If a file cannot be read.
    """
    folder = root or asset_dir("configs") / "scales"
    scales = [load_data(path) for path in sorted(folder.glob("*.yaml"))]
    return {info.id: info for scale in scales for info in _metrics_of(scale)}


def _metrics_of(scale: Mapping[str, Any]) -> Iterable[MetricInfo]:
    lo, hi = scale["range"]
    values = {item["id"]: item.get("default", scale["default"]) for item in scale["items"]}
    for metric in scale["metrics"]:
        yield MetricInfo(
            id=MetricId(metric["side"], metric["key"]),
            scale=scale["name"],
            group=scale["group"],
            modalities=tuple(scale["modalities"]),
            headline=metric["headline"],
            direction=metric["direction"],
            in_headline=scale["in_headline"],
            silent=score_metric(
                metric["formula"],
                values,
                list(values) if metric["items"] == "all" else metric["items"],
                reverse=frozenset(scale["reverse"]),
                lo=lo,
                hi=hi,
                groups=[scale["factors"][name] for name in metric["factors"]],
            ),
        )


def headline_members(infos: Iterable[MetricInfo], modalities: Iterable[str] | None = None) -> Members:
    """List the metrics of each headline number, optionally of some modalities only."""
    wanted = None if modalities is None else set(modalities)
    chosen = [
        info for info in infos if info.in_headline and (wanted is None or wanted & set(info.modalities))
    ]
    return {panel: [info.id for info in chosen if info.panel == panel] for panel in PANELS}
