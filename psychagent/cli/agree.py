"""`psychagent agree`: how far people and the judge agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psychagent.cli.extra import needs_extra
from psychagent.domain.script_note import JUDGED_BY_SCRIPT
from psychagent.errors import SettingsError
from psychagent.evals.ratings import add_judge, read_columns, read_ratings

if TYPE_CHECKING:
    from psychagent.reports.agreement import Agreement


def agree(
    ratings: Annotated[
        Path, typer.Argument(help="One row per rater, dialogue and dimension (.jsonl or .csv).")
    ],
    judge: Annotated[
        Path | None, typer.Option(help="Output folder of `psychagent eval`, as one more rater.")
    ] = None,
    scale: Annotated[
        str, typer.Option(help="The judge's scale whose items are the dimensions.")
    ] = "HUMAN_VS_LLM",
    columns: Annotated[
        str, typer.Option(help="Names of the columns, such as rater=annotator,score=points.")
    ] = "",
    low: Annotated[int, typer.Option(help="Lowest score.")] = 1,
    high: Annotated[int, typer.Option(help="Highest score.")] = 5,
    output_root: Annotated[
        Path | None, typer.Option(help="Where to write; default: the judge's folder.")
    ] = None,
) -> None:
    """Compare raters: weighted kappa, Krippendorff's alpha, bias; writes agreement.html, .md and .json."""
    if low >= high:
        raise SettingsError(f"scores range from {low} to {high}; --high must be above --low")
    levels = range(low, high + 1)
    table = read_ratings(ratings, read_columns(columns), levels)
    if judge:
        table = add_judge(table, judge, scale)
    if len(table.ratings) < 2:
        raise SettingsError(f"{ratings}: has only one rater; add ratings of another, or --judge EVAL_DIR")
    with needs_extra("eval"):
        # the extra may be missing, and options are checked without it
        from psychagent.reports.agreement import write_agreement  # noqa: PLC0415
    agreement, paths = write_agreement(table, levels, output_root or judge or ratings.parent)
    show_agreement(agreement)
    if table.is_script:
        typer.secho(JUDGED_BY_SCRIPT, fg="yellow")
    typer.echo(f"Report: {paths[0]}")


def show_agreement(agreement: Agreement) -> None:
    """Print the agreement over all units."""
    for pair in agreement.whole.pairs:
        kappa = "undefined" if pair.kappa is None else f"{pair.kappa:.3f}"
        typer.echo(f"{pair.first} and {pair.second}: weighted kappa {kappa} over {pair.units} units")
    alpha = agreement.whole.alpha
    typer.echo(f"Krippendorff's alpha (ordinal): {'undefined' if alpha is None else f'{alpha:.3f}'}")
