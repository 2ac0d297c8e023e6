"""`psychagent estimate`: what a run or an evaluation is expected to take, before anything is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.lazy import Later
from psychagent.cli.money.options import (
    CacheOption,
    EstimateOptions,
    FirstOption,
    RftEstimateOptions,
    SpeedOption,
)
from psychagent.cli.options import JsonOption, ModalitiesOption, takes
from psychagent.records.summary import InputFormat

RUN: Later[Callable[[EstimateOptions], None]] = Later("psychagent.cli.money.planned:show_run")
EVAL: Later[Callable[..., None]] = Later("psychagent.cli.money.planned:show_eval")


@takes(EstimateOptions)
def sample(options: EstimateOptions) -> None:
    """Estimate what `psychagent sample` takes: calls, tokens, money and hours, from its settings alone."""
    RUN.load()(options)


@takes(RftEstimateOptions)
def rft(options: RftEstimateOptions) -> None:
    """Estimate what `psychagent rft` takes: calls, tokens, money and hours, from its settings alone."""
    RUN.load()(options)


def evaluate(
    config: Annotated[
        Path | None,
        typer.Option(help="Judge settings: a YAML file, or a bundled name; default: the offline script."),
    ] = None,
    data_root: Annotated[
        Path | None,
        typer.Option(help="Run folder, session file or case files; default: the example courses."),
    ] = None,
    modalities: ModalitiesOption = None,
    methods: Annotated[
        str | None, typer.Option(help="Scales, separated by commas; default: each modality's.")
    ] = None,
    case_limit: Annotated[int | None, typer.Option(min=1, help="Most cases of each modality.")] = None,
    input_format: Annotated[InputFormat, typer.Option(help="Format of the data.")] = "auto",
    roles: Annotated[
        str,
        typer.Option(help="Who speaks, by the names in the files: Anna=client,T=counselor,Narrator=skip."),
    ] = "",
    prefix_cache: CacheOption = True,
    tokens_per_sec: SpeedOption = None,
    first_token_sec: FirstOption = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate what `psychagent eval` takes for the sessions that it would judge, as if it began anew."""
    EVAL.load()(
        config=config,
        data_root=data_root,
        modalities=modalities,
        methods=methods,
        case_limit=case_limit,
        input_format=input_format,
        roles=roles,
        prefix_cache=prefix_cache,
        tokens_per_sec=tokens_per_sec,
        first_token_sec=first_token_sec,
        as_json=as_json,
    )
