"""Make the plan of an experiment from what its commands are given."""

from __future__ import annotations

import os
from os.path import isfile
from pathlib import Path
from typing import Annotated

import typer

from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.load import load_settings
from psychagent.cli.settings import default_cache_dir
from psychagent.errors import SettingsError
from psychagent.experiments.plan import ExperimentPlan
from psychagent.records.experiments.index import INDEX

FileArgument = Annotated[
    Path,
    typer.Argument(help="The experiment: a YAML file, or the name of a bundled one.", show_default=False),
]
FolderOption = Annotated[
    Path | None, typer.Option("--save-dir", help="Folder of experiments; default: ./experiments.")
]
FOLDER = "experiments"
"""Where experiments are stored unless a command is told otherwise."""


def make_plan(file: Path, save_dir: Path | None) -> ExperimentPlan:
    """Read an experiment and plan it.

    Raises:
        SettingsError: Naming the file, the key, the value seen and the remedy.
    """
    settings = _load(file, save_dir or Path(FOLDER))
    machine = settings.runtime.machine
    return ExperimentPlan(
        settings=settings,
        save_dir=save_dir or machine.save_dir or Path.cwd() / FOLDER,
        env=os.environ,
        cache_dir=default_cache_dir(settings.runtime),
    )


def _load(named: Path, stored: Path) -> ExperimentSettings:
    try:
        return load_settings(ExperimentSettings, named)
    except SettingsError as error:
        if folder := _made_at(named, stored):
            raise SettingsError(
                f"{folder} is the folder of an experiment; name the YAML file that it was made from"
            ) from error
        raise


def _made_at(named: Path, stored: Path) -> Path | None:
    """Return the folder of an experiment that is named in place of its file; None where there is none."""
    if isfile(named):
        return named.parent if named.name == INDEX else None
    return next((folder for folder in (named, stored / named) if isfile(folder / INDEX)), None)
