"""`psychagent agree`: how far people and the judge agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.extra import needs_extra
from psychagent.cli.given.effect import Needs
from psychagent.cli.options import JsonOption
from psychagent.cli.shown.as_json import show_json
from psychagent.errors import SettingsError
from psychagent.evals.people.read import is_pack, read_pack
from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.judge import SCALE, add_judge, evaluations_in, is_experiment
from psychagent.evals.ratings.names import list_names
from psychagent.evals.ratings.ranges import read_missing, read_ranges
from psychagent.evals.ratings.table import RatingTable, read_ratings
from psychagent.runs.home import require_outside


def agree(
    ratings: Annotated[
        Path,
        typer.Argument(
            help="Ratings: one a row, or a column for each dimension or rater (CSV, JSON); or the folder "
            "of a pack that raters filled in."
        ),
    ],
    judge: Annotated[
        list[Path] | None,
        typer.Option(
            help="Output folder of `psychagent eval`, as one more rater; several where systems have one "
            "each, or the folder of their experiment."
        ),
    ] = None,
    scale: Annotated[
        str, typer.Option(help="The judge's scale whose items are the dimensions."), Needs("judge")
    ] = SCALE,
    columns: Annotated[
        str,
        typer.Option(help="Names of the columns: rater=annotator,skip=age; rater=* for all the others."),
    ] = "",
    low: Annotated[float | None, typer.Option(help="Lowest score; default: 1.")] = None,
    high: Annotated[float | None, typer.Option(help="Highest score; default: 5.")] = None,
    ranges: Annotated[
        str, typer.Option(help="Ranges of single dimensions, where they differ: Ethics=0-3,Overall=1-10.")
    ] = "",
    missing: Annotated[
        str, typer.Option(help="What stands for no score, beside empty cells and N/A: 0,99.")
    ] = "",
    repeats: Annotated[
        bool, typer.Option("--repeats", help="Further scores of one rater for the same are repeats.")
    ] = False,
    output_root: Annotated[
        Path | None,
        typer.Option(help="Where to write; default: the judge's folder, or beside the ratings."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare raters: weighted kappa, Krippendorff's alpha, bias; writes agreement.html, .md and .json."""
    first = judge[0] if judge and not is_experiment(judge[0]) else None
    out = output_root or first or (ratings if ratings.is_dir() else ratings.parent)
    require_outside(out, "--output-root", own=first)
    if is_pack(ratings):
        table = _read_pack(ratings, columns, low, high, ranges, missing, repeats=repeats)
    else:
        allowed = read_ranges(ranges, low=1 if low is None else low, high=5 if high is None else high)
        marks = read_missing(missing)
        table = read_ratings(ratings, read_columns(columns), allowed, marks, repeats=repeats)
        for option in (name for name, value in (("--low", low), ("--high", high)) if value is not None):
            if table.levels.keys() <= allowed.own.keys():
                raise SettingsError(
                    f"{option} has no effect where --ranges gives every dimension its own; leave it out"
                )
    if judge:
        evaluations = [each for folder in judge for each in evaluations_in(folder)]
        table = add_judge(table, evaluations[0], scale, *evaluations[1:])
    _require_two(table, ratings)
    with needs_extra("eval"):
        # the extra may be missing, and options are checked without it
        from psychagent.cli.shown.agreement import show_agreement  # noqa: PLC0415
        from psychagent.reports.agreement.notes import notes_on  # noqa: PLC0415
        from psychagent.reports.agreement.ranked import ranking_data  # noqa: PLC0415
        from psychagent.reports.agreement.write import to_data, write_agreement  # noqa: PLC0415
    agreement, paths = write_agreement(table, out)
    if as_json:
        show_json(
            {
                "raters": sorted(table.ratings),
                "dimensions": [*table.levels],
                "notes": notes_on(table),
                "made_with_script": table.is_script or table.spoken_by_script,
                "agreement": to_data(agreement),
                "rankings": ranking_data(agreement.rankings),
                **dict(zip(("html", "markdown", "json"), paths, strict=True)),
            }
        )
        return
    show_agreement(agreement, table)
    typer.echo(f"Report: {paths[0]}")


def _require_two(table: RatingTable, path: Path) -> None:
    if len(table.ratings) < 2:
        silent = f" ({list_names(table.silent)} gave no score)" if table.silent else ""
        raise SettingsError(
            f"{path}: has only one rater{silent}; add ratings of another, or --judge EVAL_DIR, or say "
            "--columns rater=* if its columns of scores are raters"
        )


def _read_pack(
    folder: Path,
    columns: str,
    low: float | None,
    high: float | None,
    ranges: str,
    missing: str,
    *,
    repeats: bool,
) -> RatingTable:
    """Read a pack, whose key says what an option would."""
    said = {
        "--columns": bool(columns),
        "--low": low is not None,
        "--high": high is not None,
        "--ranges": bool(ranges),
        "--repeats": repeats,
    }
    if given := [option for option, is_given in said.items() if is_given]:
        raise SettingsError(f"{given[0]} has no effect on a pack, whose key says it; leave it out")
    return read_pack(folder, read_missing(missing))
