"""The surroundings of a system under study: the world it meets, and the machine that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from psychagent.assets.locate import require_folder
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.endpoint import EndpointSettings, FilePath, Settings
from psychagent.assets.settings.prices import Prices
from psychagent.domain.base import LARGEST_SEED, Language, LogLevel


class WorldSettings(Settings):
    """What a system meets: part of the experiment, so a run cannot be resumed with another world."""

    language: Language = Language.EN
    """Language of prompts, skills and dialogue."""
    seed: int = Field(default=0, ge=-LARGEST_SEED, le=LARGEST_SEED)
    """Seed of every random draw."""
    client: EndpointSettings = EndpointSettings(provider="offline")
    """Model that plays the client."""


class MachineSettings(Settings):
    """How the work is done: it changes no result, so it may differ between commands."""

    concurrency: int = Field(default=4, ge=1)
    """Cases in parallel."""
    max_parallel_calls: int = Field(default=64, ge=1)
    """Model calls in parallel, over all cases of the process, judges included."""
    max_outage_sec: float = Field(default=600, ge=0)
    """Longest wait for a server that is down, before the run stops; 0 fails the case instead."""
    save_dir: FilePath | None = None
    """Folder of runs; null is `runs` in the working directory."""
    cache_dir: FilePath | None = None
    """Where vectors are cached; null is the user's cache folder."""
    tracing: bool = False
    """Whether LangSmith may be sent prompts, replies and thoughts, where the shell asks for it."""
    log_level: LogLevel = "info"
    """What is logged to a run's `run.log`: retries and faults at `info`, lost cases at `error`."""
    prices: dict[str, Prices] = Field(default_factory=dict)
    """What tokens cost, by the model's name, where its endpoint does not say so (see docs/cost.md)."""
    budget: BudgetSettings | None = None
    """What a run may spend; it stops cleanly there, and goes on with more."""
    log_calls: bool = False
    """Whether the journals in `calls/` are kept, with every prompt, as the log of all calls."""


class RuntimeSettings(Settings):
    """The surroundings of a system under study: the world it meets, and the machine that runs it."""

    moved: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(WorldSettings.model_fields, "under 'world'"),
        **dict.fromkeys(MachineSettings.model_fields, "under 'machine'"),
        **dict.fromkeys(
            sorted(BaselineSettings.model_fields.keys() - {"name", "counselor"}), "in the baseline's file"
        ),
    }

    world: WorldSettings = WorldSettings()
    """Client, language and seed."""
    machine: MachineSettings = MachineSettings()
    """Concurrency, folders and log."""


def cache_dir_of(runtime: RuntimeSettings) -> Path | None:
    """Return the folder of cached vectors that settings name; None where they name none.

    Raises:
        AssetError: If a file stands there, so that every command would embed all skills anew.
    """
    folder = runtime.machine.cache_dir
    if folder is not None:
        remedy = "name a folder in 'machine.cache_dir' of the runtime settings, or leave the key out"
        require_folder("cache", folder, remedy, is_made=True)
    return folder
