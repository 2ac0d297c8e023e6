"""Options shared by several commands, and how they change the settings.

No other command module reads fields of the run's settings.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar

import typer
from pydantic import BaseModel

from psychagent.assets.settings.baseline import BaselineSettings, EmbeddingSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import LogLevel, RuntimeSettings
from psychagent.domain.base import Language, Modality
from psychagent.errors import SettingsError
from psychagent.files.read import nearest
from psychagent.records.manifest import RunSettings

BaselineOption = Annotated[Path | None, typer.Option("--baseline", help="The system under study (YAML).")]
RuntimeOption = Annotated[Path | None, typer.Option("--runtime", help="World and machine (YAML).")]
DatasetOption = Annotated[Path | None, typer.Option("--dataset", help="Case settings (YAML).")]
LanguageOption = Annotated[Language | None, typer.Option(help="Language of prompts, skills and dialogue.")]
ModalitiesOption = Annotated[str | None, typer.Option(help="Therapy schools, separated by commas.")]
LibraryLanguage = Annotated[Language, typer.Option("--language", help="Language of the library.")]
LogLevelOption = Annotated[
    LogLevel | None, typer.Option(help="Least level of the lines in the log beside the files.")
]
LogCallsOption = Annotated[
    bool | None, typer.Option("--log-calls", help="Keep every prompt and reply beside the files, in calls/.")
]
ScoreUse = Literal["raw", "verified"]
SettingsModel = TypeVar("SettingsModel", bound=BaseModel)


@dataclass(frozen=True)
class SettingsFiles:
    """The options for a run's settings files and its folder."""

    DEFAULT_FOLDER: ClassVar[str] = "runs"
    """Folder of runs, relative to the working directory."""

    baseline: BaselineOption = None
    runtime: RuntimeOption = None
    dataset: DatasetOption = None
    save_dir: Annotated[Path | None, typer.Option(help="Folder of runs; default: ./runs.")] = None

    def choose_folder(self, runtime: RuntimeSettings) -> Path:
        """Return the folder of runs: from the option, the settings, or the default."""
        return self.save_dir or runtime.machine.save_dir or Path.cwd() / self.DEFAULT_FOLDER


@dataclass(frozen=True)
class RunOptions(SettingsFiles):
    """The options of every command that generates courses."""

    concurrency: Annotated[int | None, typer.Option(min=1, help="Cases at a time.")] = None
    resume: Annotated[bool, typer.Option(help="Continue a run that is in the folder.")] = True
    overwrite: Annotated[bool, typer.Option(help="Remove a run that is in the folder and start anew.")] = (
        False
    )
    max_cases: Annotated[int | None, typer.Option(min=1, help="Largest number of cases.")] = None
    max_sessions: Annotated[
        int | None, typer.Option(min=1, help="Largest number of sessions in a course.")
    ] = None
    modalities: ModalitiesOption = None
    language: LanguageOption = None
    log_level: LogLevelOption = None
    log_calls: LogCallsOption = None

    def dataset_file(self) -> Path | None:
        """Return the file of case settings; None means the defaults."""
        return self.dataset

    def read(self) -> RunSettings:
        """Read the three settings files and apply the other options to them."""
        modalities = read_modalities(self.modalities) if self.modalities else None
        around = load_settings(RuntimeSettings, self.runtime)
        return RunSettings(
            baseline=_with(load_settings(BaselineSettings, self.baseline), max_sessions=self.max_sessions),
            runtime=RuntimeSettings(
                world=_with(around.world, language=self.language),
                machine=_with(
                    around.machine,
                    concurrency=self.concurrency,
                    log_level=self.log_level,
                    log_calls=self.log_calls,
                ),
            ),
            dataset=_with(
                load_settings(DatasetSettings, self.dataset_file()),
                max_cases=self.max_cases,
                modalities=modalities,
            ),
        )


def _with(settings: SettingsModel, **options: object) -> SettingsModel:
    """Override settings by the options that are not None."""
    return settings.model_copy(update={name: value for name, value in options.items() if value is not None})


@dataclass(frozen=True)
class SkillSettings:
    """The settings of a baseline that the skill commands need."""

    root: Path | None
    method: str
    embedding: EmbeddingSettings
    cache_dir: Path


def read_skill_settings(baseline: Path | None = None) -> SkillSettings:
    """Read where skills are and how to search them."""
    settings = load_settings(BaselineSettings, baseline)
    return SkillSettings(
        root=settings.skills_root,
        method=settings.retrieval.method,
        embedding=settings.embedding,
        cache_dir=default_cache_dir(),
    )


def read_modalities(text: str) -> tuple[Modality, ...]:
    """Read a comma-separated list of modalities.

    Raises:
        SettingsError: Naming the word that is not a modality, and the closest match.
    """
    words = split_words(text)
    for word in words:
        if word not in set(Modality):
            raise SettingsError(f"--modalities has {word!r}{nearest(word, Modality)}")
    return tuple(Modality(word) for word in words)


def split_words(text: str) -> tuple[str, ...]:
    """Split an option's value at its commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def default_cache_dir(runtime: RuntimeSettings | None = None) -> Path:
    """Return the folder of cached vectors: from the settings, or in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME")
    named = runtime.machine.cache_dir if runtime else None
    return named or (Path(base) if base else Path.home() / ".cache") / "psychagent" / "vectors"
