"""`psychagent prices`: what the models of settings cost, and filling that in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.given.effect import Needs
from psychagent.cli.lazy import Later
from psychagent.cli.options import BaselineOption, JsonOption, RuntimeOption

RUN: Later[Callable[..., None]] = Later("psychagent.cli.money.filled:show_prices")


def prices(
    baseline: BaselineOption = None,
    runtime: RuntimeOption = None,
    rft_config: Annotated[
        Path | None, typer.Option(help="Rollout settings: a YAML file, or a bundled name.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Judge settings: a YAML file, or a bundled name.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Fill in the prices that genai-prices knows, in these files.")
    ] = False,
    provider: Annotated[
        str | None,
        typer.Option(help="Provider's id in genai-prices, where no address says who it is, such as openai."),
        Needs("write"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the models of settings cost; with --write, fill in what genai-prices knows."""
    given = {"baseline": baseline, "runtime": runtime, "rollouts": rft_config, "judge": config}
    RUN.load()(given, write=write, provider=provider, as_json=as_json)
