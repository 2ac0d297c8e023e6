"""Radar of the panels and trend over sessions; draws numbers, computes none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator

from psychagent.domain.scores import TOP
from psychagent.evals.numbers import Numbers, Trend
from psychagent.reports.page.blocks import Picture
from psychagent.reports.page.canvas import Theme, draw_picture
from psychagent.stats.panels import PANELS, MetricId, Panel, headline_name

RADAR_SIZE = (4.3, 4.1)
TREND_SIZE = (4.3, 2.9)
LEAST_SPAN = 3.0
"""A trend's axis covers at least this much, so that noise does not look like a slope."""


Look = Callable[[Theme], dict[str, Any]]


@dataclass(frozen=True)
class Ring:
    """One closed line of a radar."""

    label: str
    values: tuple[float | None, ...]
    look: Look
    """How it is drawn."""


def draw_radars(
    numbers: Numbers, published: Mapping[MetricId, float], silent: Mapping[MetricId, float]
) -> tuple[Picture, ...]:
    """Draw a radar of each panel with two metrics or more: this run, the paper if given, an empty session."""
    pictures = []
    for panel in PANELS:
        metrics = [line for line in numbers.metrics if line.id in numbers.panel(panel).metrics]
        if len(metrics) < 2:
            continue
        names = [radar_name(line.id.key, line.headline) for line in metrics]
        rings = (
            Ring("this evaluation", tuple(line.chosen.mean for line in metrics), _looks_ours),
            *(
                [Ring("paper", tuple(published.get(line.id) for line in metrics), _looks_papers)]
                if published
                else []
            ),
            Ring("empty session", tuple(silent.get(line.id) for line in metrics), _looks_empty),
        )
        pictures.append(draw_radar(panel, names, rings))
    return tuple(pictures)


def radar_name(key: str, headline: str) -> str:
    """Name a metric at its spoke, as the headline counts it."""
    return headline_name(key.replace("_", "\n" if len(key) > 8 else " "), headline)


def draw_radar(panel: Panel, names: Sequence[str], rings: Sequence[Ring], *, name: str = "radar") -> Picture:
    """Draw rings over the metrics of a panel, the first filled and told to who cannot see."""

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot(projection="polar")
        assert isinstance(axes, PolarAxes)
        angles = [2 * math.pi * place / len(names) for place in range(len(names))]
        _web(axes, angles, names, theme)
        for ring in rings:
            values = [math.nan if value is None else value for value in ring.values]
            axes.plot([*angles, angles[0]], [*values, values[0]], label=ring.label, **ring.look(theme))
        axes.fill(angles, [value or 0 for value in rings[0].values], color=theme.mark, alpha=0.12)
        axes.set_title(panel.label, pad=16)
        figure.legend(loc="outside lower center", ncols=3, fontsize=8)

    scores = ", ".join(
        f"{name} {value:.1f}" for name, value in zip(names, rings[0].values, strict=True) if value is not None
    )
    whose = "" if name == "radar" else f" {rings[0].label}:"
    alt = f"Radar of {panel.label.lower()}:{whose} {scores}".replace("\n", " ")
    return draw_picture(f"{name}_{panel.side}_{panel.group}", alt, RADAR_SIZE, draw)


def _looks_ours(theme: Theme) -> dict[str, Any]:
    return dict(color=theme.mark, linewidth=2.0, marker="o", markersize=4.5, zorder=3)


def _looks_papers(theme: Theme) -> dict[str, Any]:
    return dict(color=theme.other, linewidth=1.4, linestyle="--", marker="s", markersize=3.5)


def _looks_empty(theme: Theme) -> dict[str, Any]:
    return dict(color=theme.soft, linewidth=1.2, linestyle=":")


def _web(axes: PolarAxes, angles: Sequence[float], names: Sequence[str], theme: Theme) -> None:
    axes.set_theta_offset(math.pi / 2)
    axes.set_theta_direction(-1)
    axes.set_ylim(0, TOP)
    axes.set_rgrids(
        [2.5, 5, 7.5, 10], ["", "5", "", "10"], angle=180 / len(names), fontsize=7, color=theme.soft
    )
    axes.set_xticks(list(angles), list(names), color=theme.ink, fontsize=8.5)
    axes.tick_params(axis="x", pad=9)
    axes.spines["polar"].set_color(theme.line)


def draw_trends(trends: Sequence[Trend]) -> tuple[Picture, ...]:
    """Draw each panel by session number, where there is more than one session."""
    return tuple(_trend(trend) for trend in trends if len(trend.points) > 1)


def _trend(trend: Trend) -> Picture:
    sessions = [index for index, _ in trend.points]
    means = [estimate.mean or 0.0 for _, estimate in trend.points]
    # no interval draws no band: a band of no width would look like certainty
    lows = [math.nan if estimate.low is None else estimate.low for _, estimate in trend.points]
    highs = [math.nan if estimate.high is None else estimate.high for _, estimate in trend.points]

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        axes.fill_between(sessions, lows, highs, color=theme.mark, alpha=0.18, linewidth=0)
        axes.plot(sessions, means, color=theme.mark, marker="o", markersize=4.5, linewidth=1.8)
        low, high = span([x for x in (*means, *lows, *highs) if not math.isnan(x)])
        axes.set_ylim(low, high)
        axes.set_xlim(sessions[0] - 0.3, sessions[-1] + 0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.grid(axis="y", linewidth=0.7)
        axes.set_title(trend.panel.label, loc="left")
        axes.set_xlabel("session (above the axis: number of cases)")
        axes.set_ylabel("score, 0 to 10 (higher is better)")
        _note_cases(axes, trend, theme)

    alt = f"{trend.panel.label} by session, higher is better: " + ", ".join(
        f"session {index} {estimate.mean:.2f}"
        for index, estimate in trend.points
        if estimate.mean is not None
    )
    return draw_picture(f"trend_{trend.panel.side}_{trend.panel.group}", alt, TREND_SIZE, draw)


def _note_cases(axes: Axes, trend: Trend, theme: Theme) -> None:
    step = math.ceil(len(trend.points) / 12)
    bottom = axes.get_ylim()[0]
    for index, estimate in trend.points[::step]:
        place = (0, 3)
        axes.annotate(
            str(estimate.cases),
            (index, bottom),
            place,
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=theme.soft,
        )


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a trend's axis, wide enough that noise does not look like a slope."""
    low, high = min(values) - 0.4, max(values) + 0.3
    lack = max(0.0, LEAST_SPAN - (high - low)) / 2
    low, high = low - lack, high + lack
    if high > TOP:
        low, high = low - (high - TOP), TOP + 0.1
    return max(low, -0.3), max(high, LEAST_SPAN) if low < 0 else high
