"""Draw a figure for light and dark pages; knows no numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from io import BytesIO
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from psychagent.reports.page.blocks import Picture

DPI = 160


@dataclass(frozen=True)
class Theme:
    """Colors for one background."""

    ink: str
    soft: str
    line: str
    mark: str
    other: str
    ground: str


LIGHT = Theme(
    ink="#1d2733", soft="#5b6876", line="#d9dfe6", mark="#21618c", other="#b8561b", ground="#ffffff"
)
DARK = Theme(ink="#e4e9ef", soft="#9caab8", line="#3b4652", mark="#7fb8e0", other="#f0a468", ground="#14191f")

Draw = Callable[[Figure, Theme], None]


def draw_picture(name: str, alt: str, size: tuple[float, float], draw: Draw) -> Picture:
    """Draw a figure as SVG for a light page, and recolor it for a dark one.

    Args:
        name: File name without suffix.
        alt: What a reader who cannot see it should know.
        size: Width and height in inches.
        draw: Fills the figure, with colors of the theme it is passed or of no theme.
    """
    with matplotlib.rc_context(_settings(LIGHT)):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure, LIGHT)
        target = BytesIO()
        # No date and fixed ids: the same scores give the same bytes.
        figure.savefig(target, format="svg", dpi=DPI, metadata={"Date": None})
    light = target.getvalue().decode()
    return Picture(name, alt, light.encode(), _recolor(light).encode())


def _recolor(svg: str) -> str:
    for field in fields(Theme):
        svg = svg.replace(getattr(LIGHT, field.name), getattr(DARK, field.name))
    return svg


def _settings(theme: Theme) -> Any:
    return {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": theme.ink,
        "axes.edgecolor": theme.line,
        "axes.facecolor": theme.ground,
        "figure.facecolor": theme.ground,
        "axes.labelcolor": theme.soft,
        "axes.titlecolor": theme.ink,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": theme.soft,
        "ytick.color": theme.soft,
        "grid.color": theme.line,
        "legend.frameon": False,
        # names of people and models are no formulas
        "text.parse_math": False,
        "svg.hashsalt": "psychagent",
        "svg.fonttype": "path",
    }


def is_drawable(text: str) -> bool:
    """Return whether the figures' font has every character of a label (it has no Chinese, for one)."""
    return all(ord(char) < 0x250 for char in text)
