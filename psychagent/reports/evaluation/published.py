"""The paper's numbers as data; holds none of ours."""

from __future__ import annotations

from functools import cache

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Record
from psychagent.files.read import load_model
from psychagent.stats.panels import MetricId, Panel


class TableRow(Record):
    """One system of the paper's Table 1."""

    model: str
    values: tuple[float, float, float, float]


class Table1(Record):
    """The paper's headline numbers."""

    source: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[TableRow, ...]

    def by_panel(self, row: TableRow) -> dict[Panel, float]:
        """Return a row's numbers by panel."""
        return {Panel(*column): value for column, value in zip(self.columns, row.values, strict=True)}


class PlottedMetric(Record):
    """One value read from the paper's Figure 3."""

    side: str
    metric: str
    value: float


class Figure3(Record):
    """The paper's metric values."""

    source: str
    model: str
    metrics: tuple[PlottedMetric, ...]

    def by_metric(self) -> dict[MetricId, float]:
        """Return the values by metric, as the headline counts them."""
        return {MetricId(m.side, m.metric): m.value for m in self.metrics}


class Kappa(Record):
    """Agreement of one pair of raters."""

    pair: str
    value: float


class HumanStudy(Record):
    """The paper's human evaluation."""

    source: str
    dimensions: tuple[str, ...]
    low: int
    high: int
    kappa: tuple[Kappa, ...]


class Published(Record):
    """What the paper prints."""

    title: str
    judge: str
    caveat: str
    table1: Table1
    figure3: Figure3
    human: HumanStudy


@cache
def load_published() -> Published:
    """Read the paper's numbers."""
    return load_model(Published, asset_dir("configs") / "published" / "paper.yaml")
