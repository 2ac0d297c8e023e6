"""Cases against metrics as a heat map; draws numbers, computes only case means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from psychagent.domain.scores import TOP
from psychagent.evals.table import Scores
from psychagent.reports.page.blocks import Picture
from psychagent.reports.page.canvas import Theme, draw_picture, is_drawable
from psychagent.stats.panels import headline_name

MOST_NAMED = 60
"""With more cases than this, rows have no names and cells no numbers."""
LONGEST = 26
ON_DARK, ON_LIGHT = "#fffffe", "#101010"
"""Colors of numbers in cells; in neither theme, so that recoloring a figure keeps them."""


@dataclass(frozen=True)
class Grid:
    """Mean score by case (row) and column."""

    values: NDArray[np.float64]
    rows: tuple[str, ...]
    modalities: tuple[str, ...]
    columns: tuple[str, ...]
    renamed: Mapping[str, str]
    """Short name -> id, for cases whose id the figure's font cannot write."""


def build_grid(scores: Scores) -> Grid:
    """Arrange case means; the specific metrics, which differ by modality, share one column per side."""
    frame = scores.frame
    shown = [headline_name(*pair) for pair in zip(frame["metric"], frame["headline"], strict=True)]
    frame = frame.assign(shown=shown)
    name = (frame["shown"] + " ").where(frame["group"] != "specific", "") + frame["side"]
    column = name.where(frame["group"] != "specific", frame["side"] + ", specific")
    keyed = frame.assign(column=column)
    table = keyed.pivot_table(
        index=["modality", "case"],
        columns="column",
        values="value",
        aggfunc="mean",
        dropna=False,
        observed=True,
    )
    table = table.dropna(how="all").reindex(columns=_column_order(keyed))
    ids = [str(case).removeprefix(f"{modality}/") for modality, case in table.index]
    renamed = {case: f"case {n}" for n, case in enumerate(ids, 1) if not is_drawable(case)}
    return Grid(
        values=table.to_numpy(float),
        rows=tuple(_shorten(renamed.get(case, case)) for case in ids),
        modalities=tuple(str(modality) for modality, _ in table.index),
        columns=tuple(table.columns),
        renamed={short: case for case, short in renamed.items()},
    )


def _column_order(frame: pd.DataFrame) -> list[str]:
    group = {"shared": 0, "specific": 1}
    side = {"counselor": 0, "client": 1}
    rows = frame[["column", "side", "group"]].drop_duplicates().itertuples(index=False)
    keys = {(side.get(s, 2), group.get(g, 2), column) for column, s, g in rows}
    return [column for _, _, column in sorted(keys)]


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def draw_heatmap(grid: Grid) -> Picture:
    """Draw the grid; blank cells were not asked for or are missing."""
    named = len(grid.rows) <= MOST_NAMED
    height = 1.9 + (0.27 * len(grid.rows) if named else 9.0)

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        image = axes.imshow(
            grid.values, vmin=0, vmax=TOP, aspect="auto", cmap=_colors(), interpolation="nearest"
        )
        _label(axes, grid, theme, named=named)
        if named:
            _write_values(axes, grid, image)
        bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.5, aspect=40, pad=0.02)
        if bar.solids:
            bar.solids.set_rasterized(True)
        bar.outline.set_visible(False)
        bar.set_label("mean over the case's sessions, higher is better", fontsize=8)
        bar.ax.tick_params(labelsize=7.5)

    alt = f"Heat map of {len(grid.rows)} cases by {len(grid.columns)} columns of metrics"
    return draw_picture("heatmap", alt, (9.2, height), draw)


def _colors() -> Any:
    return matplotlib.colormaps["YlGnBu"]


def _label(axes: Axes, grid: Grid, theme: Theme, *, named: bool) -> None:
    names = [column.replace("_", " ") for column in grid.columns]
    axes.set_xticks(range(len(names)), [_wrap(name) for name in names], fontsize=8, color=theme.ink)
    axes.tick_params(
        axis="x", top=True, labeltop=True, bottom=False, labelbottom=False, length=0, rotation=35
    )
    for tick in axes.get_xticklabels():
        tick.set(ha="left", rotation_mode="anchor")
    axes.spines[:].set_visible(False)
    edges = [n for n in range(1, len(grid.modalities)) if grid.modalities[n] != grid.modalities[n - 1]]
    for edge in edges:
        axes.axhline(edge - 0.5, color=theme.ground, linewidth=3)
    if named:
        rows = [
            case if case.startswith(modality) else f"{modality}  {case}"
            for modality, case in zip(grid.modalities, grid.rows, strict=True)
        ]
        axes.set_yticks(range(len(rows)), rows, fontsize=8, color=theme.ink)
    else:
        starts = [0, *edges]
        ends = [*edges, len(grid.modalities)]
        middles = [(a + b - 1) / 2 for a, b in zip(starts, ends, strict=True)]
        axes.set_yticks(middles, [grid.modalities[start] for start in starts], color=theme.ink)
    axes.tick_params(axis="y", length=0)


def _wrap(name: str) -> str:
    head, _, tail = name.rpartition(" ")
    return f"{head} ({tail})" if tail in {"counselor", "client"} and head else name


def _write_values(axes: Axes, grid: Grid, image: AxesImage) -> None:
    for (row, column), value in np.ndenumerate(grid.values):
        if not math.isnan(value):
            color = ON_DARK if value > 0.6 * TOP else ON_LIGHT
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7.5, color=color)


def explain_columns(scores: Scores, grid: Grid) -> Sequence[str]:
    """Say which metric the specific columns hold, by modality, and what renamed cases are called."""
    rows = scores.frame[scores.frame["group"] == "specific"]
    parts = []
    for modality in scores.modalities:
        pairs = rows[rows["modality"] == modality][["metric", "headline"]].drop_duplicates().values
        if len(pairs):
            parts.append(
                f"{modality}: {', '.join(headline_name(*pair) for pair in sorted(map(tuple, pairs)))}"
            )
    lines = [f"Specific metrics by modality: {'; '.join(parts)}."] if parts else []
    if grid.renamed:
        lines.append("; ".join(f"{short} = {case}" for short, case in grid.renamed.items()) + ".")
    return lines
