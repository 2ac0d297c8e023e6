"""Make the plan of `sample` or `rft` and check it; only then is imported what runs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import typer

from psychagent.assets.cases import CaseFile
from psychagent.assets.foreign import passed_over
from psychagent.assets.settings.rollouts import RftSettings, load_rft_settings
from psychagent.cli.lazy import Later
from psychagent.cli.options import RunOptions
from psychagent.cli.runs.budget import with_budget
from psychagent.cli.runs.rft import RftOptions
from psychagent.cli.settings import default_cache_dir, lay_over, read_settings
from psychagent.runs.forecast import Forecast, forecast
from psychagent.runs.plan import SamplePlan, check_plan

Watched = Callable[[SamplePlan, Sequence[CaseFile]], int]
SHOW_FORECAST: Later[Callable[[Forecast], None]] = Later("psychagent.cli.runs.dry:show_forecast")
RUN_WATCHED: Later[Watched] = Later("psychagent.cli.runs.run:run_watched")


def run_sample(options: RunOptions) -> int:
    """Run `sample`; return the exit status."""
    return _run(make_plan(options), dry=options.dry_run)


def run_rft(options: RftOptions) -> int:
    """Run `rft`; return the exit status."""
    return _run(make_plan(options, rft=read_rollouts(options)), dry=options.dry_run)


def _run(plan: SamplePlan, *, dry: bool) -> int:
    cases = check_plan(plan)
    named = plan.dataset.profiles or plan.dataset.cases
    for note in passed_over(plan.dataset.root) if plan.dataset.root and not named else ():
        typer.secho(f"Note: {note}", fg="yellow")
    if dry:
        SHOW_FORECAST.load()(forecast(plan, cases))
        return 0
    return RUN_WATCHED.load()(plan, cases)


def make_plan(options: RunOptions, *, rft: RftSettings | None = None) -> SamplePlan:
    """Build the plan of a run from the options of its command."""
    settings = with_budget(
        read_settings(options).model_copy(update={"rft": rft}),
        options.budget,
        allow_unpriced=options.allow_unpriced,
    )
    return SamplePlan(
        baseline=settings.baseline,
        runtime=settings.runtime,
        dataset=settings.dataset,
        save_dir=options.choose_folder(settings.runtime),
        env=os.environ,
        cache_dir=default_cache_dir(settings.runtime),
        resume=options.resume,
        overwrite=options.overwrite,
        rft=rft,
    )


def read_rollouts(options: RftOptions) -> RftSettings:
    """Read the rollout settings and apply the number of rollouts to them."""
    return lay_over(options, options.rollouts, load_rft_settings(options.rft_config))
