"""Radars and trends of several systems in one figure; draws numbers, computes none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from psychagent.domain.words.cut import cut
from psychagent.evals.systems.numbers import Contest, Standing
from psychagent.reports.evaluation.figures import Look, Ring, draw_radar, radar_name, span
from psychagent.reports.page.blocks import Picture
from psychagent.reports.page.canvas import Theme, draw_picture, is_drawable
from psychagent.stats.bootstrap import Estimate
from psychagent.stats.panels import PANELS, MetricId, Panel

MOST_DRAWN = 6
"""Systems in one figure: more lines cannot be told apart."""
TREND_SIZE = (4.3, 3.3)
LONGEST = 22
_LINES = (
    ("#0072b2", "o", "-"),
    ("#d55e00", "s", "--"),
    ("#009e73", "^", "-."),
    ("#cc79a7", "D", ":"),
    (
        "#a68a00",
        "v",
        "--",
    ),
    ("#56a4d9", "P", "-."),
)
"""Color, marker and dashes: colors that people of any color vision tell apart (Okabe and Ito), seen on light
and dark ground; in neither theme, so that recoloring a figure keeps them."""


@dataclass(frozen=True)
class Line:
    """How a system is named and drawn, the same in every figure."""

    label: str
    look: Look


def choose_lines(contest: Contest) -> dict[str, Line]:
    """Choose what is drawn: the reference first, then the others in their order."""
    names = [contest.reference, *(name for name in contest.standings if name != contest.reference)]
    return {
        name: Line(cut(name, LONGEST) if is_drawable(name) else f"system {n}", _look(*line))
        for n, (name, line) in enumerate(zip(names, _LINES, strict=False), start=1)
    }


def explain_lines(lines: Mapping[str, Line], contest: Contest) -> str:
    """Say which systems are not drawn, and what names stand for."""
    left = [name for name in contest.standings if name not in lines]
    renamed = [f"{line.label} = {name}" for name, line in lines.items() if line.label != name]
    return " ".join(
        [
            *([f"Not drawn, for clearness: {', '.join(left)}."] if left else []),
            *([f"{'; '.join(renamed)}."] if renamed else []),
        ]
    )


def _look(color: str, marker: str, dashes: str) -> Look:
    def look(theme: Theme) -> dict[str, Any]:
        return dict(color=color, marker=marker, linestyle=dashes, linewidth=1.6, markersize=4)

    return look


def draw_system_radars(
    standings: Mapping[str, Standing], lines: Mapping[str, Line], headlines: Mapping[MetricId, str]
) -> tuple[Picture, ...]:
    """Draw a radar of each panel with two metrics or more, a ring for each system."""
    pictures = []
    for panel in PANELS:
        found = {name: standings[name].estimates for name in lines}
        metrics = list(dict.fromkeys(m for e in found.values() for m in e.panels[panel].metrics))
        if len(metrics) < 2:
            continue
        rings = [
            Ring(line.label, tuple(found[name].metrics.get(m, Estimate()).mean for m in metrics), line.look)
            for name, line in lines.items()
        ]
        names = [radar_name(metric.key, headlines[metric]) for metric in metrics]
        pictures.append(draw_radar(panel, names, rings, name="systems_radar"))
    return tuple(pictures)


def draw_system_trends(standings: Mapping[str, Standing], lines: Mapping[str, Line]) -> tuple[Picture, ...]:
    """Draw each panel by session number, a line for each system, where any has more than one session."""
    pictures = []
    for panel in PANELS:
        points = {
            name: next((trend.points for trend in standings[name].trends if trend.panel == panel), ())
            for name in lines
        }
        if max(map(len, points.values()), default=0) > 1:
            pictures.append(_trend(panel, points, lines))
    return tuple(pictures)


def _trend(
    panel: Panel, points: Mapping[str, Sequence[tuple[int, Estimate]]], lines: Mapping[str, Line]
) -> Picture:
    means = {
        name: [(index, math.nan if e.mean is None else e.mean) for index, e in of_one]
        for name, of_one in points.items()
    }

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        for name, of_one in means.items():
            axes.plot(
                [index for index, _ in of_one],
                [mean for _, mean in of_one],
                label=lines[name].label,
                **lines[name].look(theme),
            )
        axes.set_ylim(*span([m for of_one in means.values() for _, m in of_one if not math.isnan(m)]))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.grid(axis="y", linewidth=0.7)
        axes.set_title(panel.label, loc="left")
        axes.set_xlabel("session")
        axes.set_ylabel("score, 0 to 10 (higher is better)")
        figure.legend(loc="outside lower center", ncols=3, fontsize=8)

    told = "; ".join(
        f"{name} " + ", ".join(f"session {index} {mean:.2f}" for index, mean in of_one)
        for name, of_one in means.items()
    )
    alt = f"{panel.label} by session and system, higher is better: {told}"
    return draw_picture(f"systems_trend_{panel.side}_{panel.group}", alt, TREND_SIZE, draw)
