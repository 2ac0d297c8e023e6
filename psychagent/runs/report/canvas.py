"""Draw a figure once for light and once for dark ground; knows no numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from psychagent.runs.report.page import Picture

DPI = 160


@dataclass(frozen=True)
class Theme:
    """Colors of one ground."""

    ink: str
    soft: str
    line: str
    mark: str
    other: str
    ground: str


LIGHT = Theme(ink="#1d2733", soft="#5b6876", line="#d9dfe6", mark="#21618c", other="#b8561b", ground="#ffffff")
DARK = Theme(ink="#e4e9ef", soft="#9caab8", line="#3b4652", mark="#7fb8e0", other="#f0a468", ground="#14191f")

Draw = Callable[[Figure, Theme], None]


def draw_picture(
    name: str, alt: str, size: tuple[float, float], draw: Draw, kind: Literal["svg", "png"] = "svg"
) -> Picture:
    """Draw a figure in both themes.

    Args:
        name: File name without suffix.
        alt: What a reader who cannot see it should know.
        size: Width and height in inches.
        draw: Fills the figure.
        kind: What the HTML holds; `png` for figures of very many marks.
    """
    return Picture(
        name=name,
        alt=alt,
        light=_render(size, draw, LIGHT, kind),
        dark=_render(size, draw, DARK, kind),
        png=_render(size, draw, LIGHT, "png", opaque=True),
        kind=kind,
    )


def _render(size: tuple[float, float], draw: Draw, theme: Theme, kind: str, *, opaque: bool = False) -> bytes:
    with matplotlib.rc_context(_settings(theme)):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure, theme)
        target = BytesIO()
        ground = theme.ground if opaque else "none"
        # No date and fixed ids: the same scores give the same bytes.
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(target, format=kind, dpi=DPI, facecolor=ground, metadata=metadata)  # type: ignore[arg-type]
    return target.getvalue()


def _settings(theme: Theme) -> dict[str, Any]:
    return {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": theme.ink,
        "axes.edgecolor": theme.line,
        "axes.facecolor": "none",
        "axes.labelcolor": theme.soft,
        "axes.titlecolor": theme.ink,
        "axes.titlesize": 10.5,
        "axes.titleweight": "semibold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": theme.soft,
        "ytick.color": theme.soft,
        "grid.color": theme.line,
        "legend.frameon": False,
        "svg.hashsalt": "psychagent",
        "svg.fonttype": "path",
    }


def is_drawable(text: str) -> bool:
    """Whether the figures' font has every character of a label (it has no Chinese, for one)."""
    return all(ord(char) < 0x250 for char in text)
