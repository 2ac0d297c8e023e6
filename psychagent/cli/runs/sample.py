"""`psychagent sample`: generate courses for many cases."""

from __future__ import annotations

from collections.abc import Callable

import typer

from psychagent.cli.lazy import Later
from psychagent.cli.options import RunOptions, takes

RUN: Later[Callable[[RunOptions], int]] = Later("psychagent.cli.runs.plan:run_sample")


@takes(RunOptions)
def sample(options: RunOptions) -> None:
    """Generate multi-session courses. Without options: offline, with the embedded script."""
    raise typer.Exit(RUN.load()(options))
