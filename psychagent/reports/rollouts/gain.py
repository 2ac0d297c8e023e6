"""What choosing gained, as blocks: over all metrics, by metric, and with fewer rollouts."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.scores import TOP
from psychagent.reports.page.blocks import (
    WHY_NO_INTERVAL,
    Block,
    Card,
    Cards,
    Heading,
    Table,
    Text,
    count,
    interval_name,
    interval_or_why,
    number,
    plural,
    signed,
    with_interval,
)
from psychagent.reports.rollouts.material import RftMaterial
from psychagent.reports.rollouts.numbers import CHOSEN, EXPECTED, GAINED, REWARD, Estimated
from psychagent.reports.rollouts.read import Rolled
from psychagent.scales.reward import canonical
from psychagent.stats.bootstrap import Estimate
from psychagent.stats.panels import headline_name

EXPECTED_PICK, ONE_DRAW = "random pick, expected", "random pick, one draw"


def gain(material: RftMaterial) -> list[Block]:
    """Show the reward of winner, mean and random pick."""
    numbers = material.numbers
    rows = [_row(str(index), estimates) for index, estimates in numbers.by_session.items()]
    rows.append(_row("all", numbers.whole))
    header = ("session", "winner", EXPECTED_PICK, ONE_DRAW, "gain", "margin")
    return [
        Heading("What choosing gained (a script: no result)" if _muted(material) else "What choosing gained"),
        _cards(material),
        Table(header, tuple(rows), strong=frozenset({len(rows) - 1})),
        Text(_how_gained(material), quiet=True),
    ]


def _muted(material: RftMaterial) -> bool:
    return material.run.is_script


def _cards(material: RftMaterial) -> Cards:
    shown = (
        ("Winner", "winner", "reward of the chosen rollout"),
        ("Random pick, expected", "mean", "the mean reward of all rollouts"),
        ("Gain", "gain", "winner less the expected random pick"),
        ("Margin", "margin", "best less second best"),
    )
    cards = []
    for label, name, note in shown:
        estimate, sign = material.numbers.of(REWARD, name), name == "gain"
        value = signed(estimate.mean) if sign else number(estimate.mean)
        between = interval_or_why(estimate, sign=sign)
        cards.append(Card(label, value, between, note, muted=_muted(material)))
    return Cards(tuple(cards))


def _how_gained(material: RftMaterial) -> str:
    between = (
        f"In brackets: {interval_name(material.sampling.level)}s, percentile bootstrap over cases "
        f"({count(material.sampling.resamples)} resamples), all sessions of a case together."
        if material.numbers.has_interval
        else WHY_NO_INTERVAL
    )
    return (
        f"In standard deviations of the norms ({material.run.norms.source.rstrip('.')}). {between} "
        f"{EXPECTED_PICK.capitalize()}: the mean of a session's rollouts. {ONE_DRAW.capitalize()}: one of "
        "them, drawn by seed, as a control. The gain of the best is above 0 by construction: only a second "
        "judge can tell what it is worth."
    )


def _row(label: str, estimates: Estimated) -> tuple[str, ...]:
    values = {name: estimates.get((REWARD, name), Estimate()) for name in ("winner", "mean", "random")}
    gained, margin = (estimates.get((REWARD, name), Estimate()) for name in ("gain", "margin"))
    return (
        f"{label} ({plural(values['winner'].sessions, 'session')})",
        *map(with_interval, values.values()),
        with_interval(gained, sign=True),
        number(margin.mean),
    )


def by_metric(material: RftMaterial) -> list[Block]:
    """Show on which metrics the chosen rollout is better than a random pick."""
    numbers = material.numbers
    names = sorted(
        (name for group, name in numbers.whole if group == GAINED),
        key=lambda name: -(numbers.of(GAINED, name).mean or 0.0),
    )
    if not names:
        return []
    header = ("metric", "side", "sessions", "winner, 0 to 10", EXPECTED_PICK, "gain, standard deviations")
    caption = (
        "The metrics that the rewards are means of, greatest gain first; where lower is better the score is "
        "turned and named so. A client's metric counts from the second session on, as a change."
    )
    # rewards name metrics in capitals
    known = {canonical(name): name for s in material.run.sessions for c in s.candidates for name in c.scores}
    rows = tuple(_metric_row(material, name, known.get(name, name)) for name in names)
    return [Heading("Gain by metric"), Table(header, rows, caption, labels=2)]


def _metric_row(material: RftMaterial, name: str, shown_as: str) -> tuple[str, ...]:
    norm = material.run.norms.of(name)
    turned = norm is not None and norm.lower_is_better
    gained = material.numbers.of(GAINED, name)
    scores = [material.numbers.of(group, name).mean for group in (CHOSEN, EXPECTED)]
    shown = [TOP - score if turned and score is not None else score for score in scores]
    side, _, key = shown_as.partition(".")
    return (
        headline_name(key, "invert" if turned else "as_is"),
        side,
        count(gained.sessions),
        *map(number, shown),
        with_interval(gained, sign=True),
    )


def best_of_k(material: RftMaterial) -> list[Block]:
    """Show what fewer rollouts would have reached."""
    curve = material.numbers.curve
    if not curve.points:
        return []
    header = ["rollouts, k", "expected reward of the best", "more than with one fewer"]
    header += ["the same choice, by the second judge"] if curve.has_holdout else []
    rows = []
    for point, more in zip(curve.points, curve.steps, strict=True):
        row = (str(point.k), with_interval(point.reward), signed(more))
        rows.append((*row, with_interval(point.holdout)) if curve.has_holdout else row)
    left = f"; {plural(curve.left_out, 'session')} with fewer are left out" if curve.left_out else ""
    caption = (
        f"Of the rollouts that were held, every choice of k counts once: exact, nothing is drawn. Mean over "
        f"{plural(curve.sessions, 'session')} with at least {len(curve.points)} comparable rollouts{left}."
    )
    return [Heading("Best of k rollouts"), Table(tuple(header), tuple(rows), caption)]


def every_rollout(sessions: Sequence[Rolled]) -> list[Block]:
    """List each session's rewards, the chosen first."""
    rows = tuple(_rewards_row(session) for session in sessions if session.rewards)
    header = ("case", "session", "chosen", "its reward", "the others' rewards, best first")
    return [Table(header, rows, folded="The reward of every rollout")] if rows else []


def _rewards_row(session: Rolled) -> tuple[str, ...]:
    others = sorted((v, i) for i, v in session.rewards.items() if i != session.winner)
    return (
        session.case,
        str(session.session_index),
        f"rollout {session.winner}",
        number(session.rewards.get(session.winner)),
        ", ".join(number(value) for value, _ in reversed(others)),
    )
