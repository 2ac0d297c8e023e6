"""`psychagent compare`: systems side by side, by evaluations that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.extra import needs_extra
from psychagent.cli.options import JsonOption, ScoreUse
from psychagent.cli.shown.as_json import show_json
from psychagent.evals.systems.named import name_systems
from psychagent.runs.home import require_outside

FOLDER = "comparison"


def compare(
    evals: Annotated[
        list[str],
        typer.Argument(
            metavar="EVAL",
            help="Output folders of `psychagent eval`, two systems or more: PATH, or NAME=PATH; a NAME that "
            "is given several times has an evaluation for each seed.",
        ),
    ],
    reference: Annotated[
        str | None, typer.Option(help="The system that all others are held against; default: the first.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; default: ./comparison.")] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Show the paper's numbers beside them, never beside a script's.")
    ] = False,
    use: Annotated[
        ScoreUse | None,
        typer.Option(help="Which scores count; default: as the first evaluation is configured."),
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=100, max=100_000, help="Resamples of each bootstrap interval.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare systems by their evaluations: differences, ranks; writes comparison.html, .md, .json."""
    target = out or Path.cwd() / FOLDER
    require_outside(target, "--out")
    systems = name_systems(evals)
    with needs_extra("eval"):
        # the extra may be missing, and options are checked without it
        from psychagent.cli.shown.comparison import show_compared  # noqa: PLC0415
        from psychagent.reports.comparison.write import compare_evals  # noqa: PLC0415
        from psychagent.stats.bootstrap import Sampling  # noqa: PLC0415
    written = compare_evals(
        systems,
        out=target,
        reference=reference,
        paper=paper,
        use=use,
        sampling=Sampling(resamples=resamples, seed=seed),
    )
    if as_json:
        pages = {"html": written.page.html, "markdown": written.page.markdown, "json": written.json}
        show_json({**written.data, **pages})
    else:
        show_compared(written)
