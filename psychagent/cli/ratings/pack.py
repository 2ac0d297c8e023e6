"""`psychagent ratings pack`: blind tasks for people to rate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.options import JsonOption
from psychagent.cli.shown.as_json import show_json
from psychagent.domain.base import Language
from psychagent.domain.script_note import MADE_WITH_SCRIPT
from psychagent.evals.pairwise.systems import name_systems
from psychagent.evals.people.key import KEY
from psychagent.evals.people.pack import SCALE, PackPlan, pack_ratings


def pack(
    runs: Annotated[
        list[str],
        typer.Argument(help="Run folders, one or several; NAME=FOLDER names a system otherwise."),
    ],
    sessions: Annotated[int, typer.Option(min=1, help="Sessions to draw over systems and schools.")],
    raters: Annotated[int, typer.Option(min=1, max=999, help="People; each gets a folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the tasks and of their key, not there yet.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw and of each rater's order.")] = 0,
    repeats: Annotated[int, typer.Option(min=0, help="Tasks that each rater is shown a second time.")] = 0,
    scale: Annotated[str, typer.Option(help="The scale whose items are the dimensions.")] = SCALE,
    language: Annotated[
        Language | None, typer.Option(help="Of the instructions; default: that of most dialogues.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Pack blind tasks for people to rate: sessions of all systems, shuffled, with the key apart."""
    plan = PackPlan(name_systems(runs), out, sessions, raters, seed, repeats, scale, language)
    key, notes = pack_ratings(plan)
    path = out / KEY
    if as_json:
        show_json(
            {
                "key": str(path),
                "raters": {rater: [*tasks] for rater, tasks in key.raters.items()},
                "systems": key.systems,
                "schools": key.schools,
                "made_with_script": key.is_script,
                "notes": notes,
            }
        )
        return
    for note in notes:
        typer.echo(f"Note: {note}")
    for what, counts in (("systems", key.systems), ("schools", key.schools)):
        typer.echo(f"Sessions by {what}: {', '.join(f'{name} {n}' for name, n in counts.items())}")
    removed = sum(task.names_removed for task in next(iter(key.raters.values())).values())
    typer.echo(f"Names of systems removed from the dialogues: {removed}")
    if key.is_script:
        typer.secho(MADE_WITH_SCRIPT, fg="yellow")
    typer.echo(f"Folders to hand out: {out}/rater_*; the key, which no rater may see: {path}")
    typer.echo(f"Once they are filled in: psychagent agree {out}")
