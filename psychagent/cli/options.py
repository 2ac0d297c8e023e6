"""Options that several commands share, and how they change settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Language, Modality
from psychagent.errors import SettingsError
from psychagent.files.read import nearest

BaselineOption = Annotated[Path | None, typer.Option("--baseline", help="Counselor settings (YAML).")]
RuntimeOption = Annotated[Path | None, typer.Option("--runtime", help="Run settings (YAML).")]
DatasetOption = Annotated[Path | None, typer.Option("--dataset", help="Case settings (YAML).")]
SaveDirOption = Annotated[Path | None, typer.Option(help="Folder of runs; default: ./runs.")]
LanguageOption = Annotated[Language | None, typer.Option(help="Language of prompts, skills and dialogue.")]
MaxSessionsOption = Annotated[int | None, typer.Option(min=1, help="Most sessions of a course.")]
ModalitiesOption = Annotated[str | None, typer.Option(help="Therapy schools, separated by commas.")]


def read_modalities(text: str) -> tuple[Modality, ...]:
    """Read a comma-separated list of modalities.

    Raises:
        SettingsError: Naming the word that is no modality, and the nearest one.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in set(Modality):
            raise SettingsError(f"--modalities has {word!r}{nearest(word, Modality)}")
    return tuple(Modality(word) for word in words)


def read_settings(
    *,
    baseline: Path | None,
    runtime: Path | None,
    dataset: Path | None,
    language: Language | None = None,
    concurrency: int | None = None,
    max_cases: int | None = None,
    max_sessions: int | None = None,
    modalities: str | None = None,
) -> tuple[BaselineSettings, RuntimeSettings, DatasetSettings]:
    """Read the three settings files and lay the command line's options over them."""
    over_dataset = {
        "max_cases": max_cases,
        "modalities": read_modalities(modalities) if modalities else None,
    }
    around = load_settings(RuntimeSettings, runtime)
    world = around.world.model_copy(update=_given({"language": language}))
    machine = around.machine.model_copy(update=_given({"concurrency": concurrency}))
    return (
        load_settings(BaselineSettings, baseline).model_copy(update=_given({"max_sessions": max_sessions})),
        around.model_copy(update={"world": world, "machine": machine}),
        load_settings(DatasetSettings, dataset).model_copy(update=_given(over_dataset)),
    )


def _given(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def choose_save_dir(option: Path | None, runtime: RuntimeSettings) -> Path:
    """Take the folder of runs from the option, the settings, or the working directory."""
    return option or runtime.machine.save_dir or Path.cwd() / "runs"


def default_cache_dir(runtime: RuntimeSettings | None = None) -> Path:
    """Where vectors are kept: the settings' folder, or the user's cache folder."""
    import os

    base = os.environ.get("XDG_CACHE_HOME")
    named = runtime.machine.cache_dir if runtime else None
    return named or (Path(base) if base else Path.home() / ".cache") / "psychagent" / "vectors"
