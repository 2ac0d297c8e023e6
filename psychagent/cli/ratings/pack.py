"""`psychagent ratings pack`: blind tasks for people to rate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.options import JsonOption
from psychagent.cli.shown.as_json import show_json
from psychagent.domain.base import Language
from psychagent.domain.script_note import MADE_WITH_SCRIPT
from psychagent.evals.people.key import KEY, TaskKey
from psychagent.evals.people.pack import SCALE, PackPlan, pack_ratings
from psychagent.evals.people.study import name_runs

RatersOption = Annotated[int, typer.Option(min=1, max=999, help="People; each gets a folder.")]
DrawOption = Annotated[int, typer.Option(min=0, help="Seed of the draw and of each rater's order.")]
RepeatsOption = Annotated[int, typer.Option(min=0, help="Tasks that each rater is shown a second time.")]
ScaleOption = Annotated[str, typer.Option(help="The scale whose items are the dimensions.")]
GuideOption = Annotated[
    Language | None, typer.Option(help="Of the instructions; default: that of most dialogues.")
]


def pack(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Run folders, one or several; NAME=FOLDER names a system otherwise, and a NAME that is "
            "given several times has several runs."
        ),
    ],
    sessions: Annotated[int, typer.Option(min=1, help="Sessions to draw over systems and schools.")],
    raters: RatersOption,
    out: Annotated[Path, typer.Option(help="Folder of the tasks and of their key, not there yet.")],
    seed: DrawOption = 0,
    repeats: RepeatsOption = 0,
    scale: ScaleOption = SCALE,
    language: GuideOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pack blind tasks for people to rate: sessions of all systems, shuffled, with the key apart."""
    plan = PackPlan(name_runs(runs), out, sessions, raters, seed, repeats, scale, language)
    key, notes = pack_ratings(plan)
    show_packed(key, notes, out, as_json=as_json)


def show_packed(key: TaskKey, notes: Sequence[str], out: Path, *, as_json: bool, judge: str = "") -> None:
    """Print what was drawn, and what to do with it.

    Args:
        key: The key of the pack.
        notes: A sentence on each file that could not be used.
        out: The folder of the pack.
        as_json: Whether to print it for a program.
        judge: What `agree` takes for the judge beside people, as options; empty where that is not known.
    """
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
    typer.echo(f"Once they are filled in: psychagent agree {out}{judge}")
