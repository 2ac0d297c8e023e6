"""`psychagent pairwise`: a judge reads dialogues of two systems side by side."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from psychagent.assets.settings.judge import load_eval_settings
from psychagent.assets.settings.load import lay_options
from psychagent.cli.extra import needs_extra
from psychagent.cli.lazy import Later
from psychagent.cli.options import AllowUnpricedOption, BudgetOption, JsonOption
from psychagent.cli.runs.budget import lay_budget
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.spending import show_spending
from psychagent.cli.shown.watch import STOPPING
from psychagent.evals.money.prices import price_of_judge
from psychagent.evals.pairwise.plan import SCALE, PairEvent, PairwisePlan, check_pairwise
from psychagent.evals.pairwise.systems import name_systems
from psychagent.runs.events import Noticed, StopHeard

if TYPE_CHECKING:
    from psychagent.evals.pairwise.run import PairwiseRun

RUN_PAIRWISE: Later[Callable[[PairwisePlan], Coroutine[None, None, PairwiseRun]]] = Later(
    "psychagent.evals.pairwise.run:run_pairwise"
)
_LONGEST_NAME = 80


def pairwise(
    runs: Annotated[
        list[str],
        typer.Argument(help="Run folders of two systems or more; NAME=FOLDER names a system otherwise."),
    ],
    config: Annotated[
        Path | None,
        typer.Option(help="Judge settings: a YAML file, or a bundled name; default: the offline script."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of verdicts and report; default: ./pairwise/<names>.")
    ] = None,
    max_pairs: Annotated[
        int | None, typer.Option(min=1, help="Most sessions that each pair of systems is compared on.")
    ] = None,
    scale: Annotated[str, typer.Option(help="The scale whose items are the dimensions.")] = SCALE,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Judge calls at a time.")] = None,
    budget: BudgetOption = None,
    allow_unpriced: AllowUnpricedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Rank systems: a judge compares their dialogues of the same case and session, in both orders."""
    settings = load_eval_settings(config)
    if concurrency:
        settings = lay_options(settings, {"concurrency": concurrency})
    systems = name_systems(runs)
    console = open_console()
    plan = PairwisePlan(
        systems=systems,
        settings=settings,
        out=out or Path.cwd() / "pairwise" / "_vs_".join(systems)[:_LONGEST_NAME],
        env=os.environ,
        scale=scale,
        most=max_pairs,
        budget=lay_budget(None, budget, allow_unpriced=allow_unpriced, prices=[price_of_judge(settings)]),
        tell=_teller(console, quiet=as_json),
    )
    check_pairwise(plan)
    with needs_extra("eval"):
        # the extra may be missing, and options are checked without it
        from psychagent.cli.shown.pairwise import show_pairwise  # noqa: PLC0415
        from psychagent.evals.pairwise.result import count_pairwise  # noqa: PLC0415
        from psychagent.reports.pairwise.write import to_data, write_pairwise  # noqa: PLC0415
    run = asyncio.run(RUN_PAIRWISE.load()(plan))
    if not as_json or run.held:
        show_spending(run.spending, console, held=run.held)
    if run.held:
        raise typer.Exit(3)
    if run.interrupted:
        why = f": {escape(run.stopped)}" if run.stopped else ""
        console.print(f"Stopped{why}. Run the same command to go on.", style="yellow", soft_wrap=True)
        raise typer.Exit(3)
    result = count_pairwise(run)
    paths = write_pairwise(run, result, plan.out)
    if as_json:
        show_json(
            to_data(run, result) | dict(zip(("html", "markdown", "json"), map(str, paths), strict=True))
        )
    else:
        show_pairwise(run, result, console)
        console.print(f"Report: {paths[0]}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(1 if run.lacking else 0)


def _teller(console: Console, *, quiet: bool) -> Callable[[PairEvent], None]:
    def tell(event: PairEvent) -> None:
        if isinstance(event, StopHeard):
            console.print(STOPPING)
        elif isinstance(event, Noticed) and not quiet:
            console.print(event.sentence, style="yellow", soft_wrap=True, markup=False)

    return tell
