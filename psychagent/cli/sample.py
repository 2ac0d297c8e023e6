"""`psychagent sample`: generate courses for many cases."""

from __future__ import annotations

import typer
from rich.console import Console

from psychagent.cli.options import RunOptions
from psychagent.cli.parameters import takes
from psychagent.cli.run import make_plan, run_watched


@takes(RunOptions)
def sample(options: RunOptions) -> None:
    """Generate multi-session courses. Without options: offline, with the embedded script."""
    raise typer.Exit(run_watched(make_plan(options), Console()))
