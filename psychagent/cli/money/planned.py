"""Make the plan that an estimate is asked about, estimate it, and show the estimate."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from psychagent.assets.cases import find_cases
from psychagent.assets.settings.judge import load_eval_settings
from psychagent.cli.money.options import EstimateOptions, RftEstimateOptions
from psychagent.cli.money.shown import Speed, show_estimate
from psychagent.cli.options import split_words
from psychagent.cli.runs.plan import make_plan, read_rollouts
from psychagent.cli.runs.rft import RftOptions
from psychagent.cli.settings import read_schools
from psychagent.evals.importing.roles import read_roles
from psychagent.evals.money.talks import estimate_eval
from psychagent.evals.plan import EvalPlan, check_scales
from psychagent.records.summary import InputFormat
from psychagent.runs.forecast import is_finished
from psychagent.runs.money.estimate import estimate_run
from psychagent.runs.money.estimated import Expected
from psychagent.runs.plan import SamplePlan


def show_run(options: EstimateOptions) -> None:
    """Show what `sample` or `rft` is expected to take."""
    plan = _plan(options)
    cases = find_cases(plan.dataset, plan.runtime.world.language)
    left = cases
    if options.save_dir:
        left = [case for case in cases if not is_finished(plan.folder.case(case.modality, case.case_id))]
    expected = Expected(sessions=options.sessions, turns=options.turns, prefix_cache=options.prefix_cache)
    found = estimate_run(plan.settings, [case.modality for case in left], expected)
    speed = Speed(options.tokens_per_sec, options.first_token_sec)
    if finished := len(cases) - len(left):
        typer.echo(f"{finished} of {len(cases)} cases are finished in {plan.folder.path}.", err=True)
    show_estimate(found, speed, what="cases", as_json=options.as_json)


def _plan(options: EstimateOptions) -> SamplePlan:
    run = options.as_run()
    is_rft = isinstance(options, RftEstimateOptions) and isinstance(run, RftOptions)
    return make_plan(run, rft=read_rollouts(run) if is_rft and isinstance(run, RftOptions) else None)


def show_eval(
    *,
    config: Path | None,
    data_root: Path | None,
    modalities: str | None,
    methods: str | None,
    case_limit: int | None,
    input_format: InputFormat,
    roles: str,
    prefix_cache: bool,
    tokens_per_sec: float | None,
    first_token_sec: float | None,
    as_json: bool,
) -> None:
    """Show what `eval` is expected to take."""
    plan = EvalPlan(
        settings=load_eval_settings(config),
        data_root=data_root,
        # nothing is written
        output_root=Path.cwd() / "evals",
        env=os.environ,
        modalities=read_schools(modalities) if modalities else (),
        methods=split_words(methods) if methods else None,
        case_limit=case_limit,
        input_format=input_format,
        roles=read_roles(roles),
    )
    check_scales(plan)
    found = estimate_eval(plan, prefix_cache=prefix_cache)
    show_estimate(found, Speed(tokens_per_sec, first_token_sec), what="sessions", as_json=as_json)
