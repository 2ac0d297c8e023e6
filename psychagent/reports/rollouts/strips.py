"""Picture of every rollout's reward, each session named by its case and number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from psychagent.reports.page.blocks import Picture, plural
from psychagent.reports.page.canvas import Theme, draw_picture, is_drawable
from psychagent.reports.rollouts.figures import finish_axes
from psychagent.reports.rollouts.read import Rolled

MOST_STRIPS = 60
"""Most sessions whose rollouts are drawn; more would be unreadable."""
SIZE = (9.2, 3.9)


def drawn_sessions(sessions: Sequence[Rolled]) -> list[Rolled]:
    """Choose the sessions to draw: the first that have several rewards, in order of the winner's."""
    drawn = [s for s in sessions if len(s.rewards) > 1 and s.winner in s.rewards][:MOST_STRIPS]
    return sorted(drawn, key=lambda session: session.rewards[session.winner])


def short_names(sessions: Sequence[Rolled]) -> dict[str, str]:
    """Name cases whose id the figure's font cannot write by a number."""
    cases = dict.fromkeys(session.case for session in sessions)
    return {case: f"case {n}" for n, case in enumerate(cases, start=1) if not is_drawable(case)}


def explain_names(sessions: Sequence[Rolled]) -> str:
    """Say what the labels below the figure mean."""
    renamed = short_names(sessions)
    lines = ["Below each column: case and number of the session."]
    usable = sum(len(s.rewards) > 1 and s.winner in s.rewards for s in sessions)
    if usable > MOST_STRIPS:
        lines.append(f"The first {MOST_STRIPS} of {plural(usable, 'session')}; the table below has all.")
    if renamed:
        lines.append("; ".join(f"{short} = {case}" for case, short in renamed.items()) + ".")
    return " ".join(lines)


def draw_strips(sessions: Sequence[Rolled]) -> Picture | None:
    """Draw every rollout's reward, one column per session in order of the winner's, the winner marked."""
    drawn, renamed = drawn_sessions(sessions), short_names(sessions)
    if not drawn:
        return None

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        for place, session in enumerate(drawn):
            others = [v for i, v in session.rewards.items() if i != session.winner]
            ends = [min(session.rewards.values()), max(session.rewards.values())]
            axes.plot([place, place], ends, color=theme.line, linewidth=1.0, zorder=1)
            axes.plot([place] * len(others), others, "o", color=theme.soft, markersize=3.2, alpha=0.8)
        chosen = [s.rewards[s.winner] for s in drawn]
        axes.plot(range(len(drawn)), chosen, "D", color=theme.mark, markersize=4.2, label="chosen", zorder=3)
        axes.plot([], [], "o", color=theme.soft, markersize=3.2, label="not chosen")
        labels = [session_label(session, renamed) for session in drawn]
        axes.set_xticks(range(len(drawn)), labels, rotation=90, fontsize=7 if len(drawn) <= 40 else 5.5)
        axes.set_xlim(-1, len(drawn))
        finish_axes(axes, "Every rollout", "session, by reward of the chosen", "reward (standard deviations)")
        figure.legend(loc="outside lower center", ncols=2, fontsize=8)

    alt = f"Rewards of all rollouts of {plural(len(drawn), 'session')}, the chosen one marked"
    return draw_picture("rft_rollouts", alt, SIZE, draw)


def session_label(session: Rolled, renamed: Mapping[str, str]) -> str:
    """Name a session in a figure, such as `cbt/en02 s3`."""
    return f"{renamed.get(session.case, session.case)} s{session.session_index}"
