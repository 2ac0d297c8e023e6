"""Pictures of rewards, of two judges, and of lengths; draws numbers, computes only means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from psychagent.reports.page.blocks import Picture, number
from psychagent.reports.page.canvas import Theme, draw_picture
from psychagent.reports.rollouts.curve import Curve
from psychagent.reports.rollouts.numbers import REWARD, RftNumbers
from psychagent.reports.rollouts.read import Rolled
from psychagent.stats.bootstrap import Estimate

SMALL = (4.3, 3.1)


def draw_by_session(numbers: RftNumbers) -> Picture | None:
    """Draw the reward of the winner and of a random pick by session number."""
    points = [
        (index, estimates)
        for index, estimates in numbers.by_session.items()
        if (REWARD, "winner") in estimates
    ]
    if not points:
        return None
    lines = {
        "winner": [estimates[REWARD, "winner"] for _, estimates in points],
        "random pick, expected (mean of all rollouts)": [
            estimates[REWARD, "mean"] for _, estimates in points
        ],
    }

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        looks = ((theme.mark, "o", "-"), (theme.other, "s", "--"))
        for (label, estimates), (color, marker, style) in zip(lines.items(), looks, strict=True):
            places = [index for index, _ in points]
            means = [e.mean if e.mean is not None else math.nan for e in estimates]
            axes.plot(places, means, color=color, marker=marker, linestyle=style, label=label, markersize=4.5)
            for place, estimate in zip(places, estimates, strict=True):
                _whisker(axes, place + (0.06 if color == theme.other else -0.06), estimate, color)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlim(points[0][0] - 0.4, points[-1][0] + 0.4)
        finish_axes(axes, "Reward by number of the session", "session", "reward (standard deviations)")
        figure.legend(loc="outside lower center", ncols=1, fontsize=8)

    summary = "; ".join(
        f"session {index}: winner {number(estimates[REWARD, 'winner'].mean)}" for index, estimates in points
    )
    return draw_picture("rft_by_session", f"Reward by session. {summary}", (4.3, 3.4), draw)


def _whisker(axes: Axes, place: float, estimate: Estimate, color: str) -> None:
    if estimate.low is not None and estimate.high is not None:
        axes.plot([place, place], [estimate.low, estimate.high], color=color, linewidth=1.2, alpha=0.7)


def draw_curve(curve: Curve) -> Picture | None:
    """Draw the expected reward of the best of k, and what the second judge gives the same choice."""
    if not curve.points:
        return None
    lines = {"reward of the best": [point.reward for point in curve.points]}
    if curve.has_holdout:
        lines["the same choice, second judge"] = [point.holdout for point in curve.points]

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        looks = ((theme.mark, "o", "-"), (theme.other, "s", "--"))
        places = [point.k for point in curve.points]
        for (label, estimates), (color, marker, style) in zip(lines.items(), looks, strict=False):
            means, lows, highs = (
                [math.nan if value is None else value for value in column]
                for column in zip(*((e.mean, e.low, e.high) for e in estimates), strict=True)
            )
            axes.fill_between(places, lows, highs, color=color, alpha=0.14, linewidth=0)
            axes.plot(places, means, color=color, marker=marker, linestyle=style, label=label, markersize=4)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlim(0.6, len(places) + 0.4)
        finish_axes(axes, "Best of k", "rollouts a session, k", "expected reward (standard deviations)")
        if len(lines) > 1:
            figure.legend(loc="outside lower center", ncols=1, fontsize=8)

    words = ", ".join(f"{point.k}: {number(point.reward.mean)}" for point in curve.points)
    return draw_picture(
        "rft_best_of_k", f"Expected reward of the best of k rollouts. {words}", (4.3, 3.4), draw
    )


def draw_agreement(sessions: Sequence[Rolled]) -> Picture | None:
    """Draw the two judges against each other, each rollout relative to the mean of its session."""
    pairs = [pair for session in sessions for pair in _centered(session)]
    if len(pairs) < 3:
        return None

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        axes.axhline(0, color=theme.line, linewidth=1)
        axes.axvline(0, color=theme.line, linewidth=1)
        for is_winner, color, marker, label in (
            (False, theme.soft, "o", "not chosen"),
            (True, theme.mark, "D", "chosen"),
        ):
            part = [(x, y) for x, y, won in pairs if won == is_winner]
            axes.plot(
                [x for x, _ in part],
                [y for _, y in part],
                marker,
                color=color,
                markersize=4,
                alpha=0.8,
                label=label,
            )
        finish_axes(axes, "Two judges", "judge that chose, against the session's mean", "second judge")
        figure.legend(loc="outside lower center", ncols=2, fontsize=8)

    return draw_picture("rft_judges", f"Rewards of {len(pairs)} rollouts under two judges", (4.3, 3.4), draw)


def _centered(session: Rolled) -> list[tuple[float, float, bool]]:
    ours, theirs = session.rewards, session.holdouts
    both = sorted(ours.keys() & theirs.keys())
    if len(both) < 2:
        return []
    middle = mean(ours[i] for i in both), mean(theirs[i] for i in both)
    return [(ours[i] - middle[0], theirs[i] - middle[1], i == session.winner) for i in both]


def draw_lengths(sessions: Sequence[Rolled]) -> Picture | None:
    """Draw the length of each chosen dialogue against the mean of those not chosen."""
    points = []
    for session in sessions:
        lengths = {c.index: c.tokens for c in session.candidates if c.tokens is not None and not c.failure}
        rejected = [tokens for index, tokens in lengths.items() if index != session.winner]
        if session.winner in lengths and rejected:
            points.append((mean(rejected), lengths[session.winner]))
    if len(points) < 3:
        return None
    low, high = min(map(min, points)) * 0.97, max(map(max, points)) * 1.03

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        axes.plot([low, high], [low, high], color=theme.line, linewidth=1.2)
        axes.plot(
            [x for x, _ in points], [y for _, y in points], "o", color=theme.mark, markersize=4, alpha=0.8
        )
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        finish_axes(axes, "Length: is longer chosen?", "not chosen, mean tokens", "chosen, tokens")

    longer = sum(y > x for x, y in points)
    alt = f"The chosen dialogue is longer than the mean of the others in {longer} of {len(points)} sessions"
    return draw_picture("rft_lengths", alt, SMALL, draw)


def finish_axes(axes: Axes, title: str, across: str, up: str) -> None:
    """Write title and labels, and draw the grid."""
    axes.grid(axis="y", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_title(title, loc="left")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
