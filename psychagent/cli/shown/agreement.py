"""Print how far raters agree, in a screenful however many they are."""

from __future__ import annotations

import typer

from psychagent.domain.script_note import JUDGED_BY_SCRIPT
from psychagent.evals.ratings.names import list_names, show_name
from psychagent.evals.ratings.table import RatingTable
from psychagent.reports.agreement.compute import Agreement, Part
from psychagent.reports.agreement.notes import notes_on
from psychagent.reports.agreement.sections import MOST_RATERS, name_pair
from psychagent.reports.page.blocks import count, plural
from psychagent.stats.agreement import PairAgreement, spread_of


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
    if table.is_script:
        typer.secho(JUDGED_BY_SCRIPT, fg="yellow")


def _show_part(part: Part) -> None:
    """Print the agreement over some units."""
    many = len({name for pair in part.pairs for name in (pair.first, pair.second)}) > MOST_RATERS
    for line in [_spread(part)] if many else map(_pair, part.pairs):
        typer.echo(line)
    alpha = part.alpha
    rests = f"{plural(alpha.units, 'unit')} that two or more rated, {plural(alpha.ratings, 'score')}"
    typer.echo(f"Krippendorff's alpha (ordinal): {_number(alpha.value)} over {rests}")


def _pair(pair: PairAgreement) -> str:
    return f"{name_pair(pair)}: weighted kappa {_number(pair.kappa)} over {plural(pair.units, 'unit')}"


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
