"""`psychagent rft`: courses in which each session is the best of n rollouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from psychagent.cli.lazy import Later
from psychagent.cli.options import RolloutsOption, RunOptions, takes


@dataclass(frozen=True)
class RftOptions(RunOptions):
    """The options of a run and of its rollouts."""

    DEFAULT_FOLDER: ClassVar[str] = "rft"

    save_dir: Annotated[Path | None, typer.Option(help="Folder of runs; default: ./rft.")] = None
    rft_config: Annotated[
        Path | None, typer.Option(help="Rollout settings: a YAML file, or a bundled name.")
    ] = None
    rollouts: RolloutsOption = None

    def dataset_file(self) -> Path:
        """Return the file of case settings; by default, the cases reserved for rollouts."""
        return self.dataset or Path("rft")


RUN: Later[Callable[[RftOptions], int]] = Later("psychagent.cli.runs.plan:run_rft")


@takes(RftOptions)
def rft(options: RftOptions) -> None:
    """Generate courses by best-of-n rollouts. Without options: offline, n = 4, scripted judge."""
    raise typer.Exit(RUN.load()(options))
