"""Make the plan of an experiment from what its commands are given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.load import load_settings
from psychagent.cli.settings import default_cache_dir
from psychagent.experiments.plan import ExperimentPlan

FileArgument = Annotated[
    Path,
    typer.Argument(help="The experiment: a YAML file, or the name of a bundled one.", show_default=False),
]
FolderOption = Annotated[
    Path | None, typer.Option("--save-dir", help="Folder of experiments; default: ./experiments.")
]


def make_plan(file: Path, save_dir: Path | None) -> ExperimentPlan:
    """Read an experiment and plan it.

    Raises:
        SettingsError: Naming the file, the key, the value seen and the remedy.
    """
    settings = load_settings(ExperimentSettings, file)
    machine = settings.runtime.machine
    return ExperimentPlan(
        settings=settings,
        save_dir=save_dir or machine.save_dir or Path.cwd() / "experiments",
        env=os.environ,
        cache_dir=default_cache_dir(settings.runtime),
    )
