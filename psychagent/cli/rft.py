"""`psychagent rft`: courses in which each session is the best of n rollouts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer
from rich.console import Console

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.cli.options import RunOptions
from psychagent.cli.parameters import takes
from psychagent.cli.run import make_plan, run_watched
from psychagent.errors import SettingsError
from psychagent.files.read import load_model


@dataclass(frozen=True)
class RftOptions(RunOptions):
    """The options of a run and of its rollouts."""

    DEFAULT_FOLDER: ClassVar[str] = "rft"

    save_dir: Annotated[Path | None, typer.Option(help="Folder of runs; default: ./rft.")] = None
    rft_config: Annotated[Path | None, typer.Option(help="Rollout settings (YAML).")] = None
    rollouts: Annotated[int | None, typer.Option("-n", "--rollouts", min=2, help="Rollouts per session.")] = (
        None
    )

    def dataset_file(self) -> Path:
        """Return the file of case settings; by default, the cases reserved for rollouts."""
        return self.dataset or asset_dir("configs") / "datasets" / "rft.yaml"

    def read_rollouts(self) -> RftSettings:
        """Read the rollout settings and apply the number of rollouts to them."""
        file = self.rft_config or asset_dir("configs") / "rft" / "default.yaml"
        settings = load_model(RftSettings, file, SettingsError)
        if self.rollouts is None:
            return settings
        least = min(settings.min_rollouts, self.rollouts)
        return settings.model_copy(update={"rollout_n": self.rollouts, "min_rollouts": least})


@takes(RftOptions)
def rft(options: RftOptions) -> None:
    """Generate courses by best-of-n rollouts. Without options: offline, n = 4, scripted judge."""
    raise typer.Exit(run_watched(make_plan(options, rft=options.read_rollouts()), Console()))
