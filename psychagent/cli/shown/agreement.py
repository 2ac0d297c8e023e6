"""Print how far raters agree, in a screenful however many they are."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from psychagent.evals.ratings.names import list_names, show_name
from psychagent.evals.ratings.table import RatingTable
from psychagent.reports.agreement.compute import MOST_RATERS, Agreement, Part
from psychagent.reports.agreement.notes import notes_on
from psychagent.reports.agreement.ranked import ranking_lines
from psychagent.reports.agreement.sections import name_pair
from psychagent.reports.page.blocks import MINUS, NONE, count, interval, plural, with_interval
from psychagent.stats.agreement import PairAgreement, spread_of

_MOST_LISTED = 4
"""Raters whose pairs are printed for each dimension and system."""


def show_agreement(agreement: Agreement, table: RatingTable) -> None:
    """Print the agreement over all units, or by dimension where these have ranges of their own."""
    raters = list_names(sorted(table.ratings), MOST_RATERS)
    typer.echo(f"Raters: {raters}; dimensions: {list_names([*table.levels], MOST_RATERS)}")
    for note in notes_on(table):
        typer.echo(note)
    if len(set(table.levels.values())) > 1:
        for part in agreement.dimensions:
            typer.echo(f"{show_name(part.name)}:")
            _show_part(part)
    else:
        _show_part(agreement.whole)
        _show_parts("By dimension", agreement.dimensions)
    _show_parts("By system", agreement.systems)
    for who, means in agreement.rankings.means.items():
        told = ", ".join(f"{show_name(name)} {with_interval(mean)}" for name, mean in means.items())
        typer.echo(f"Means of {show_name(who)}: {told}")
    for line in ranking_lines(agreement.rankings):
        typer.echo(line)
    for note in table.script_notes:
        typer.secho(note, fg="yellow")


def _show_parts(title: str, parts: Sequence[Part]) -> None:
    """Print the kappas of some parts in a line each; nothing of one part, nor of many raters."""
    raters = {name for part in parts for pair in part.pairs for name in (pair.first, pair.second)}
    if len(parts) < 2 or len(raters) > _MOST_LISTED:
        return
    typer.echo(f"{title}:")
    for part in parts:
        pairs = "; ".join(f"{name_pair(pair)} {_kappa(pair)}" for pair in part.pairs)
        typer.echo(f"  {show_name(part.name)}: {pairs or 'no two raters'}")


def _kappa(pair: PairAgreement) -> str:
    between = interval(pair.low, pair.high).replace(MINUS, "-")
    return _number(pair.kappa) if between == NONE else f"{_number(pair.kappa)} ({between})"


def _show_part(part: Part) -> None:
    """Print the agreement over some units."""
    many = len({name for pair in part.pairs for name in (pair.first, pair.second)}) > MOST_RATERS
    for line in [_spread(part)] if many else map(_pair, part.pairs):
        typer.echo(line)
    alpha = part.alpha
    rests = f"{plural(alpha.units, 'unit')} that two or more rated, {plural(alpha.ratings, 'score')}"
    typer.echo(f"Krippendorff's alpha (ordinal): {_number(alpha.value)} over {rests}")


def _pair(pair: PairAgreement) -> str:
    return f"{name_pair(pair)}: weighted kappa {_kappa(pair)} over {plural(pair.units, 'unit')}"


def _spread(part: Part) -> str:
    spread = spread_of(part.pairs)
    if spread is None:
        return f"{plural(len(part.pairs), 'pair')} of raters: weighted kappa undefined"
    lacking = spread.pairs - spread.defined
    undefined = f"; undefined of {plural(lacking, 'pair')}" if lacking else ""
    return (
        f"{count(spread.pairs)} pairs of raters: weighted kappa {_number(spread.median)} over "
        f"{spread.units:g} units, both in the median{undefined}\n"
        f"  lowest: {_pair(spread.lowest)}\n  highest: {_pair(spread.highest)}"
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:z.3f}"
