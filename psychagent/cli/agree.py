"""`psychagent agree`: how far people and the judge agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psychagent.cli.extra import needs_extra
from psychagent.domain.script_note import JUDGED_BY_SCRIPT
from psychagent.errors import SettingsError
from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.judge import add_judge
from psychagent.evals.ratings.ranges import read_missing, read_ranges
from psychagent.evals.ratings.table import RatingTable, read_ratings

if TYPE_CHECKING:
    from psychagent.reports.agreement import Agreement, Part


def agree(
    ratings: Annotated[
        Path,
        typer.Argument(help="Ratings: one a row, or a column for each dimension or rater (CSV, JSON)."),
    ],
    judge: Annotated[
        Path | None, typer.Option(help="Output folder of `psychagent eval`, as one more rater.")
    ] = None,
    scale: Annotated[
        str, typer.Option(help="The judge's scale whose items are the dimensions.")
    ] = "HUMAN_VS_LLM",
    columns: Annotated[
        str,
        typer.Option(help="Names of the columns: rater=annotator,skip=age; rater=* for all the others."),
    ] = "",
    low: Annotated[float, typer.Option(help="Lowest score.")] = 1,
    high: Annotated[float, typer.Option(help="Highest score.")] = 5,
    ranges: Annotated[
        str, typer.Option(help="Ranges of single dimensions, where they differ: Ethics=0-3,Overall=1-10.")
    ] = "",
    missing: Annotated[
        str, typer.Option(help="What stands for no score, beside empty cells and N/A: 0,99.")
    ] = "",
    output_root: Annotated[
        Path | None, typer.Option(help="Where to write; default: the judge's folder.")
    ] = None,
) -> None:
    """Compare raters: weighted kappa, Krippendorff's alpha, bias; writes agreement.html, .md and .json."""
    allowed = read_ranges(ranges, low=low, high=high)
    table = read_ratings(ratings, read_columns(columns), allowed, read_missing(missing))
    if judge:
        table = add_judge(table, judge, scale)
    if len(table.ratings) < 2:
        raise SettingsError(
            f"{ratings}: has only one rater; add ratings of another, or --judge EVAL_DIR, or say --columns "
            "rater=* if its columns of scores are raters"
        )
    with needs_extra("eval"):
        # the extra may be missing, and options are checked without it
        from psychagent.reports.agreement import write_agreement  # noqa: PLC0415
    agreement, paths = write_agreement(table, output_root or judge or ratings.parent)
    show_agreement(agreement, table)
    if table.is_script:
        typer.secho(JUDGED_BY_SCRIPT, fg="yellow")
    typer.echo(f"Report: {paths[0]}")


def show_agreement(agreement: Agreement, table: RatingTable) -> None:
    """Print the agreement over all units, or by dimension where these have ranges of their own."""
    typer.echo(f"Raters: {', '.join(sorted(table.ratings))}; dimensions: {', '.join(table.levels)}")
    if table.unrated:
        typer.echo(f"{table.unrated} ratings without a score count nowhere")
    if table.left_out:
        typer.echo(f"Columns left out: {', '.join(table.left_out)}")
    if len(set(table.levels.values())) > 1:
        for part in agreement.dimensions:
            typer.echo(f"{part.name}:")
            show_part(part)
    else:
        show_part(agreement.whole)


def show_part(part: Part) -> None:
    """Print the agreement over some units."""
    for pair in part.pairs:
        kappa = "undefined" if pair.kappa is None else f"{pair.kappa:.3f}"
        typer.echo(f"{pair.first} and {pair.second}: weighted kappa {kappa} over {pair.units} units")
    alpha = part.alpha
    typer.echo(f"Krippendorff's alpha (ordinal): {'undefined' if alpha is None else f'{alpha:.3f}'}")
