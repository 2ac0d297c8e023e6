"""`psychagent experiment ratings`: blind tasks for people from the courses of an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.experiment.plan import FileArgument, FolderOption, make_plan
from psychagent.cli.options import JsonOption
from psychagent.cli.ratings.pack import (
    DrawOption,
    GuideOption,
    RatersOption,
    RepeatsOption,
    ScaleOption,
    show_packed,
)
from psychagent.domain.call import thread_id
from psychagent.evals.people.draw import USUAL
from psychagent.evals.people.pack import SCALE, PackPlan, pack_ratings
from psychagent.experiments.study import held_runs


def ratings(
    file: FileArgument,
    raters: RatersOption,
    save_dir: FolderOption = None,
    sessions: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"Sessions to draw over systems and schools; default: all, at most {USUAL}."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the tasks and of their key, not there yet; default: `ratings` in the "
            "experiment's folder."
        ),
    ] = None,
    seed: DrawOption = 0,
    repeats: RepeatsOption = 0,
    scale: ScaleOption = SCALE,
    language: GuideOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pack blind tasks for people from an experiment: its systems shuffled, with the key apart."""
    plan = make_plan(file, save_dir)
    cases = plan.cases()
    target = out or plan.folder / "ratings"
    key, notes = pack_ratings(
        PackPlan(
            held_runs(plan),
            target,
            sessions,
            raters,
            seed,
            repeats,
            scale,
            language,
            cases=frozenset(thread_id(case.modality, case.case_id) for case in cases),
        )
    )
    methods = plan.settings.eval.methods
    is_judged = all(scale in methods.get(case.modality, ()) for case in cases)
    if not is_judged:
        notes.append(
            f"the experiment's judge does not score {scale}, so it cannot stand beside people yet; name it "
            "under 'methods' of 'eval' for each school, and run the experiment again"
        )
    judge = f" --judge {plan.folder}" if is_judged else ""
    show_packed(key, notes, target, as_json=as_json, judge=judge)
