"""Read the settings that options name, and apply the other options to them.

No other command module reads fields of the run's settings.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from os.path import isdir
from pathlib import Path
from typing import Literal, TypeVar, cast

import typer
from pydantic import BaseModel

from psychagent.assets.settings.baseline import BaselineSettings, EmbeddingSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import lay_options, load_settings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings, cache_dir_of
from psychagent.cli.options import CaseOptions, RunOptions, split_words
from psychagent.domain.base import SCHOOLS, Modality, School
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import RecordError, SettingsError
from psychagent.files.shared import require_appendable
from psychagent.records.manifest import RunSettings

SettingsModel = TypeVar("SettingsModel", bound=BaseModel)


def read_settings(options: RunOptions) -> RunSettings:
    """Read the three settings files and apply the other options to them."""
    around = lay_over(options, None, load_settings(RuntimeSettings, options.runtime))
    return RunSettings(
        baseline=_with(load_settings(BaselineSettings, options.baseline), max_sessions=options.max_sessions),
        runtime=RuntimeSettings(
            world=around.world,
            machine=_with(
                around.machine,
                concurrency=options.concurrency,
                log_level=options.log_level,
                log_calls=options.log_calls,
            ),
        ),
        dataset=_with(
            lay_over(options, None, load_settings(DatasetSettings, options.dataset_file())),
            max_cases=options.max_cases,
        ),
    )


def lay_over(options: CaseOptions, rollouts: int | None, settings: SettingsModel) -> SettingsModel:
    """Lay over settings of one kind what the options say of cases, language and number of rollouts.

    Raises:
        SettingsError: If an option names a modality that is none.
    """
    if isinstance(settings, RuntimeSettings):
        return _with(settings, world=_with(settings.world, language=options.language))
    if isinstance(settings, DatasetSettings):
        named = _with(_named(settings, options), modalities=_modalities(options))
        return cast("SettingsModel", named)
    if isinstance(settings, RftSettings) and rollouts is not None:
        least = min(settings.min_rollouts, rollouts)
        return _with(settings, rollout_n=rollouts, min_rollouts=least)
    return settings


def _modalities(options: CaseOptions) -> tuple[Modality, ...] | None:
    return read_modalities(options.modalities) if options.modalities else None


def _named(dataset: DatasetSettings, options: CaseOptions) -> DatasetSettings:
    """Take the clients and cases that are named, all of them: a file's limits are meant for its split."""
    if not options.profile and not options.case:
        return dataset
    if options.modalities and not options.profile:
        raise SettingsError(
            "--modalities has no effect on --case, which names the school of its case; leave it out, or name "
            "the client with --profile"
        )
    profiles, cases = map(_absolute, (options.profile or (), options.case or ()))
    return lay_options(
        dataset, {"profiles": profiles, "cases": cases, "max_cases": None, "max_cases_per_modality": None}
    )


def _absolute(names: Sequence[str]) -> tuple[str, ...]:
    """Name files absolutely, so that a run can be resumed and replayed from another folder."""
    return tuple(str(Path(name).absolute()) if Path(name).is_file() else name for name in names)


def _with(settings: SettingsModel, **options: object) -> SettingsModel:
    """Override settings by the options that are not None."""
    return lay_options(settings, {name: value for name, value in options.items() if value is not None})


@dataclass(frozen=True)
class SkillSettings:
    """The settings of a baseline that the skill commands need."""

    root: Path | None
    method: str
    floor: Literal["auto"] | float
    embedding: EmbeddingSettings
    cache_dir: Path | None


def read_skill_settings(baseline: Path | None = None) -> SkillSettings:
    """Read where skills are and how to search them."""
    settings = load_settings(BaselineSettings, baseline)
    return SkillSettings(
        root=settings.skills_root,
        method=settings.retrieval.method,
        floor=settings.retrieval.floor,
        embedding=settings.embedding,
        cache_dir=_told_cache_dir(),
    )


def read_schools(text: str) -> tuple[School, ...]:
    """Read a comma-separated list of what judged sessions may be of.

    Raises:
        SettingsError: Naming the word that is none, and the closest match.
    """
    words = split_words(text)
    for word in words:
        if word not in SCHOOLS:
            raise SettingsError(f"--modalities has {shown(word)}{nearest(word, SCHOOLS)}")
    return tuple(SCHOOLS[word] for word in words)


def read_modalities(text: str) -> tuple[Modality, ...]:
    """Read a comma-separated list of modalities.

    Raises:
        SettingsError: Naming the word that is not a modality, and the closest match.
    """
    words = split_words(text)
    for word in words:
        if word not in set(Modality):
            raise SettingsError(f"--modalities has {shown(word)}{nearest(word, Modality)}")
    return tuple(Modality(word) for word in words)


def default_cache_dir(runtime: RuntimeSettings | None = None) -> Path | None:
    """Return the folder of cached vectors: from the settings, or in the user's cache folder.

    None where nobody knows the user's home: then vectors are kept in memory alone.
    """
    if runtime and (told := cache_dir_of(runtime)):
        return told
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        return None
    return Path(base) / "psychagent" / "vectors"


def _told_cache_dir() -> Path | None:
    """Return the folder of cached vectors; where there can be none, say why the command takes so long."""
    folder, problem = default_cache_dir(), "no home folder is known"
    try:
        if folder is not None:
            # one that is there may be read, if nothing else
            if not isdir(folder):
                require_appendable(folder / "vectors.npz")
            return folder
    except RecordError as error:
        problem = str(error)
    typer.echo(
        f"note: vectors of skills are not kept, so each command embeds them anew for a minute ({problem}); "
        "name a folder in XDG_CACHE_HOME",
        err=True,
    )
    return None
