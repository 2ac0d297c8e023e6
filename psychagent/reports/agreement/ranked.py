"""Means of systems, concordance and repeats as blocks, data and lines; computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psychagent.evals.ratings.names import show_name
from psychagent.reports.agreement.rankings import FEWEST_RANKED, Concordance, Rankings
from psychagent.reports.page.blocks import (
    NONE,
    Block,
    Heading,
    Table,
    Text,
    count,
    number,
    percent,
    plural,
    with_interval,
)


def ranking_blocks(rankings: Rankings) -> list[Block]:
    """Put means and rankings into tables; nothing where there are none."""
    blocks: list[Block] = []
    if rankings.means:
        systems = sorted({name for of_one in rankings.means.values() for name in of_one})
        rows = tuple(
            (show_name(who), *(with_interval(of_one[name]) if name in of_one else NONE for name in systems))
            for who, of_one in rankings.means.items()
        )
        caption = "Means over dialogues and dimensions; 95% intervals over the dialogues of a system."
        header = ("rater", *map(show_name, systems))
        blocks += [Heading("Systems by their means"), Table(header, rows, caption)]
    if lines := [*ranking_lines(rankings)]:
        blocks += [Heading("Rankings"), *map(Text, lines)]
    if rankings.alone:
        header = ("rater", "rated twice", "weighted kappa", "exact", "within one")
        rows = tuple(
            (
                show_name(rater),
                count(pair.units),
                number(pair.kappa, 3),
                percent(pair.exact),
                percent(pair.within_one),
            )
            for rater, pair in rankings.alone.items()
        )
        caption = "First and last score of the same; elsewhere the median of a rater's repeats counts."
        blocks += [Heading("Raters with themselves"), Table(header, rows, caption)]
    return blocks


def ranking_lines(rankings: Rankings) -> Iterator[str]:
    """Say how far people rank alike, and how the judge ranks beside them."""
    for one in rankings.concordance:
        if one.raters > 1:
            yield _concordance(one)
    if rankings.ranked:
        over = plural(rankings.ranked, "system")
        if rankings.tau is None:
            yield f"Kendall's tau between judge and people: undefined over {over}{_few(rankings.ranked)}."
        else:
            tau = number(rankings.tau, 3)
            yield f"Kendall's tau between the judge's and people's ranking of {over}: {tau}."


def _concordance(one: Concordance) -> str:
    ranked = f"{count(one.ranked)} {one.over} that all {one.raters} people rated"
    if one.w is None:
        return f"Kendall's W over {ranked}: undefined{_few(one.ranked)}."
    return f"Kendall's W over {ranked}: {number(one.w, 3)}."


def _few(ranked: int) -> str:
    return f" (a ranking takes {FEWEST_RANKED})" if ranked < FEWEST_RANKED else " (all are ranked alike)"


def ranking_data(rankings: Rankings) -> dict[str, Any]:
    """Write means and rankings as data."""
    return {
        "means": {
            who: {
                name: {"mean": one.mean, "low": one.low, "high": one.high, "dialogues": one.cases}
                for name, one in of_one.items()
            }
            for who, of_one in rankings.means.items()
        },
        "kendall_w": {
            one.over: {"value": one.w, "ranked": one.ranked, "raters": one.raters}
            for one in rankings.concordance
        },
        "kendall_tau": {"value": rankings.tau, "systems": rankings.ranked},
        "repeats": {
            rater: {"units": pair.units, "kappa_quadratic": pair.kappa, "exact": pair.exact}
            for rater, pair in rankings.alone.items()
        },
    }
