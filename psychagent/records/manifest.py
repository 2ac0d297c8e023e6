"""A run's manifest: everything it was made with, and its usage so far."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.before import settings_of_before
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import MachineSettings, RuntimeSettings, WorldSettings
from psychagent.domain.base import Record
from psychagent.domain.usage import RoleUsage
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import RecordError
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json
from psychagent.records.base import StoredFile
from psychagent.records.judged.unscored import Unscored

SCHEMA_VERSION = 2


class RunSettings(Record):
    """The settings of a run, with names of API keys but never a key."""

    baseline: BaselineSettings
    runtime: RuntimeSettings
    dataset: DatasetSettings
    rft: RftSettings | None = None
    """Best-of-n rollouts; None means plain simulation."""


class Hashes(Record):
    """sha256 of everything that a run reads, by kind."""

    prompts: dict[str, str] = Field(default_factory=dict)
    skills: dict[str, str] = Field(default_factory=dict)
    safety: dict[str, str] = Field(default_factory=dict)
    """Rules, texts and resources of the safety gate; empty in files of earlier versions."""
    scales: dict[str, str] = Field(default_factory=dict)
    """Scales that rollouts may be judged on."""
    judging: dict[str, str] = Field(default_factory=dict)
    """The judge's prompts and the norms, if rollouts are judged."""
    profiles: dict[str, str] = Field(default_factory=dict)
    """Each case's profile, by modality and case."""


class Manifest(StoredFile):
    """The content of `manifest.json`."""

    schema_version: int = SCHEMA_VERSION
    note: str | None = None
    """A warning to the reader if a script played a role."""
    scripted_roles: tuple[str, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    models: dict[str, str] = Field(default_factory=dict)
    """Role -> model."""
    settings: RunSettings
    hashes: Hashes = Hashes()
    totals: dict[str, RoleUsage] = Field(default_factory=dict)
    """Role -> calls and tokens of everything stored."""
    cases: dict[str, int] = Field(default_factory=dict)
    """Status -> number of cases."""
    unscored: Unscored = Unscored()
    """Rollouts that lack scores of the judge."""
    audit_last: str = ""
    """Hash of the last line of the safety gate's audit, by which lines taken from its end are missed; empty
    where there was none."""

    @property
    def is_script(self) -> bool:
        """Whether a script instead of a language model played a role."""
        return bool(self.scripted_roles)

    @property
    def has_rollouts(self) -> bool:
        """Whether each session is the best of several."""
        return self.settings.rft is not None


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest whole or not at all."""
    write_json(path, manifest.to_file())


def read_manifest(path: Path) -> Manifest:
    """Read a manifest of this or an earlier version.

    Raises:
        RecordError: If the file is missing, truncated or not a manifest of this project.
    """
    data = read_json(path)
    if not isinstance(data, dict) or not isinstance(data.get("settings"), dict):
        content = kind_of(data) if not isinstance(data, dict) else "no settings"
        raise RecordError(f"{path}: holds {content}, not a manifest of this project; put the file back")
    version = data.get("schema_version")
    if type(version) is not int or version < 1:
        raise RecordError(
            f"{path}: has schema_version {shown(version)}, not a number from 1; put the file back"
        )
    if version > SCHEMA_VERSION:
        raise RecordError(
            f"{path}: has schema_version {version}, and this version reads up to {SCHEMA_VERSION}; "
            "update psychagent"
        )
    for older in range(version, SCHEMA_VERSION):
        data = _STEPS[older](path, data)
    _name_reward(data["settings"])
    data = {**data, "settings": settings_of_before(data["settings"])}
    return to_model(Manifest, data, origin=str(path), raise_as=RecordError)


def _settings_in_blocks(path: Path, data: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 to 2: the baseline became the whole system, the runtime world and machine."""
    settings = data["settings"]
    for name in ("baseline", "runtime"):
        if not isinstance(settings.get(name), dict):
            raise RecordError(
                f"{path}: settings.{name} has {shown(settings.get(name))}, not a block of settings"
            )
    baseline, runtime = dict(settings["baseline"]), dict(settings["runtime"])
    counselor = {name: baseline.pop(name) for name in EndpointSettings.model_fields if name in baseline}
    world = {name: runtime.pop(name) for name in WorldSettings.model_fields if name in runtime}
    machine = {name: runtime.pop(name) for name in MachineSettings.model_fields if name in runtime}
    names = ("prompts", "skills", "scales")
    unchanged = ("schema_version", "note", "scripted_roles", "versions", "models", "totals", "cases")
    return {name: data[name] for name in unchanged if name in data} | {
        "settings": {
            "baseline": {**baseline, **runtime} | ({"counselor": counselor} if counselor else {}),
            "runtime": {"world": world, "machine": machine},
            "dataset": settings.get("dataset") or {},
            "rft": settings.get("rft"),
        },
        "hashes": {name: data.get(name) or {} for name in names},
    }


def _name_reward(settings: dict[str, Any]) -> None:
    """Say of a run from before rewards had names which it was made with: not with the default of today."""
    rft = settings.get("rft")
    if isinstance(rft, dict):
        settings["rft"] = {"reward": "reference"} | rft


_STEPS = {1: _settings_in_blocks}
"""Version -> function that converts its data to the next version."""
