"""`psychagent replay`: play a run again from its log of calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.assets.cases import find_cases
from psychagent.cli.runs.plan import RUN_WATCHED
from psychagent.records.folder import RunFolder
from psychagent.runs.plan import check_plan
from psychagent.runs.replay import plan_replay, without_models


def replay(
    run: Annotated[Path, typer.Argument(help="Folder of a run that was made with --log-calls.")],
    save_dir: Annotated[
        Path | None, typer.Option(help="Folder of the runs played again; default: ./replay.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Remove a run that is in the folder and start anew.")] = (
        False
    ),
) -> None:
    """Play a run again from its log of calls: the same files, and no model is asked."""
    plan = plan_replay(RunFolder.of(run), save_dir or Path.cwd() / "replay", overwrite=overwrite)
    cases = check_plan(without_models(plan))
    if left_out := len(find_cases(plan.dataset, plan.runtime.world.language)) - len(cases):
        typer.echo(f"{left_out} of the run's cases have no log of calls and are left out.")
    raise typer.Exit(RUN_WATCHED.load()(plan, cases))
