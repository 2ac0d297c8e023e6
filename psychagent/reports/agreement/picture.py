"""Kappas as a heat map: pairs by dimension, or raters by raters where there are many."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from psychagent.reports.agreement.compute import Agreement
from psychagent.reports.evaluation.heatmap import MOST_NAMED, ON_DARK, ON_LIGHT
from psychagent.reports.page.blocks import Picture
from psychagent.reports.page.canvas import Theme, draw_picture, is_drawable

_LONGEST = 26
_MOST_COLUMNS = 40
"""Columns that a page has room for."""
_ROOM = 70
"""Letters that stand side by side above them."""
_LETTER = 0.125
"""Inches that a wide letter of a name takes."""


def draw_kappas(agreement: Agreement, *, one_by_one: int, by_system: bool = False) -> Picture | None:
    """Draw the kappas of all pairs by dimension, or by system; None where none is defined.

    Args:
        agreement: The numbers.
        one_by_one: Raters up to whom each pair has a row of its own.
        by_system: Whether the columns are systems; of more raters than that there is no such picture.
    """
    raters = sorted({name for pair in agreement.whole.pairs for name in (pair.first, pair.second)})
    if len(raters) > one_by_one:
        return None if by_system else _draw_raters(agreement, raters)
    return _draw_pairs(agreement, raters, by_system=by_system)


def _draw_pairs(agreement: Agreement, raters: list[str], *, by_system: bool) -> Picture | None:
    if by_system and not agreement.systems:
        return None
    columned = agreement.systems if by_system else agreement.dimensions
    parts = (agreement.whole, *columned)[:_MOST_COLUMNS]
    pairs = [(pair.first, pair.second) for pair in agreement.whole.pairs]
    kappas = [{(p.first, p.second): p.kappa for p in part.pairs} for part in parts]
    values = _to_array([[column.get(pair) for column in kappas] for pair in pairs])
    if np.isnan(values).all():
        return None
    columns = _labels([part.name for part in parts])
    short = dict(zip(raters, _labels(raters), strict=True))
    rows = [f"{short[first]} / {short[second]}" for first, second in pairs]
    above = _LETTER * max(map(len, columns)) if _is_turned(columns) else 0
    size = (max(7.5, 2.5 + 0.7 * len(columns)), 0.9 + 0.4 * len(rows) + above)

    def draw(figure: Figure, theme: Theme) -> None:
        axes = _show(figure, values, rows, columns, theme)
        for (row, column), kappa in np.ndenumerate(values):
            if not np.isnan(kappa):
                color = ON_DARK if kappa > 0.6 else ON_LIGHT
                axes.text(column, row, f"{kappa:.2f}", ha="center", va="center", color=color)

    name, by = ("kappa_systems", "system") if by_system else ("kappa", "dimension")
    return draw_picture(name, f"Heat map of weighted kappa by pair and {by}", size, draw)


def _draw_raters(agreement: Agreement, raters: list[str]) -> Picture | None:
    place = {rater: n for n, rater in enumerate(raters)}
    values = np.full((len(raters), len(raters)), np.nan)
    for pair in agreement.whole.pairs:
        if pair.kappa is not None:
            first, second = place[pair.first], place[pair.second]
            values[first, second] = values[second, first] = pair.kappa
    if np.isnan(values).all():
        return None
    labels = _labels(raters) if len(raters) <= MOST_NAMED else []

    def draw(figure: Figure, theme: Theme) -> None:
        _show(figure, values, labels, labels, theme)

    side = 7.5 if not labels else max(7.5, 2 + 0.17 * len(labels))
    return draw_picture("kappa", "Heat map of weighted kappa by rater and rater", (side, side), draw)


def _to_array(rows: list[list[float | None]]) -> NDArray[np.float64]:
    return np.array([[np.nan if kappa is None else kappa for kappa in row] for row in rows], dtype=float)


def _labels(names: list[str]) -> list[str]:
    """Write names that the figure's font has and that leave room for the picture; others are numbered."""
    return [_shorten(name) if is_drawable(name) else f"#{n}" for n, name in enumerate(names, start=1)]


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 9]}…{name[-8:]}"


def _is_turned(columns: list[str]) -> bool:
    """Return whether names are too long to stand side by side, so that they stand upright."""
    return len(columns) * max(map(len, columns), default=0) > _ROOM


def _show(
    figure: Figure, values: NDArray[np.float64], rows: list[str], columns: list[str], theme: Theme
) -> Axes:
    axes = figure.add_subplot()
    axes.imshow(values, vmin=0, vmax=1, aspect="auto", cmap=matplotlib.colormaps["YlGnBu"])
    # each has the same room, and the longest must not lie over its neighbor
    turn = 90 if _is_turned(columns) else 0
    axes.set_xticks(range(len(columns)), columns, color=theme.ink, rotation=turn)
    axes.set_yticks(range(len(rows)), rows, color=theme.ink)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    return axes
