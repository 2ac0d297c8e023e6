"""One system of an experiment as its file says it, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.endpoint import EndpointSettings, Settings
from psychagent.assets.settings.experiments.named import from_file
from psychagent.assets.settings.experiments.overlay import lay_keys
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.base import Record
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import SettingsError


class SystemSettings(Settings):
    """One system: a baseline, or another system with some keys laid over it."""

    model_config = ConfigDict(populate_by_name=True)

    base: str | None = Field(default=None, alias="from")
    """The system that this one changes; null where `baseline` is given."""
    baseline: Annotated[BaselineSettings | None, from_file(BaselineSettings, "baselines")] = None
    """The baseline: a file, a bundled name, or its keys; null where `from` is given."""
    rft: Annotated[RftSettings | None, from_file(RftSettings, "rft")] = None
    """Best-of-n rollouts: a file, a bundled name, or its keys. Left out, it is that of `from`; null is plain
    simulation."""
    set: dict[str, Any] = Field(default_factory=dict)
    """Keys laid over the baseline; those inside a block as a mapping, or with dots: `retrieval.top_k: 5`."""

    _folder: Path | None = PrivateAttr(default=None)
    """The folder that relative paths under `set` start from."""

    @field_validator("set", mode="before")
    @classmethod
    def _has_keys(cls, value: object) -> object:
        for key in value if isinstance(value, Mapping) else ():
            if not isinstance(key, str):
                raise ValueError(f"has the key {shown(key)}, {kind_of(key)} and no text; put it in quotes")
        return value

    @model_validator(mode="after")
    def _has_one_source(self, info: ValidationInfo) -> SystemSettings:
        if (self.base is None) == (self.baseline is None):
            seen = "names neither 'baseline' nor 'from'" if self.base is None else "has 'baseline' and 'from'"
            raise ValueError(f"{seen}; give one of them")
        # a copy of the experiment checks its systems again, and knows of no file
        self._folder = (info.context or {}).get("base") or self._folder
        return self

    @property
    def folder(self) -> Path | None:
        """The folder of the file that says it; None where no file does."""
        return self._folder


class System(Record):
    """One system as it is run: the whole of its settings."""

    baseline: BaselineSettings
    rft: RftSettings | None = None


def resolve_systems(
    systems: Mapping[str, SystemSettings], reflector: EndpointSettings | None = None
) -> dict[str, System]:
    """Work out the whole settings of each system; its baseline bears the system's name.

    Args:
        systems: The systems by name.
        reflector: The model that reflects in all of them; None leaves each its own.

    Raises:
        SettingsError: If a chain of `from` is a circle or ends nowhere, or a key cannot be laid over.
    """
    known: dict[str, System] = {}
    for name in systems:
        for each in reversed(_chain(systems, name)):
            if each not in known:
                known[each] = _resolve(each, systems[each], known)
    over = {} if reflector is None else {"reflector": reflector}
    return {
        name: known[name].model_copy(
            update={"baseline": known[name].baseline.model_copy(update={"name": name, **over})}
        )
        for name in systems
    }


def _chain(systems: Mapping[str, SystemSettings], name: str) -> list[str]:
    """Name a system and those that it comes from, itself first."""
    chain = [name]
    while (base := systems[chain[-1]].base) is not None:
        where = f"systems.{chain[-1]}.from"
        if base not in systems:
            raise SettingsError(f"{where} has {shown(base)}, which is no system{nearest(base, systems)}")
        if base in chain:
            circle = " from ".join([*chain[chain.index(base) :], base])
            raise SettingsError(f"{where} has {shown(base)}, which makes a circle ({circle}); break it")
        chain.append(base)
    return chain


def _resolve(name: str, said: SystemSettings, known: Mapping[str, System]) -> System:
    before = known[said.base] if said.base is not None else System(baseline=_baseline(said))
    rft = said.rft if "rft" in said.model_fields_set else before.rft
    origin = f"systems.{name}.set"
    if "name" in said.set:
        raise SettingsError(f"{origin} has 'name', and a system bears its own name {name!r}; leave it out")
    laid = (
        lay_keys(before.baseline, said.set, origin=origin, base=said.folder) if said.set else before.baseline
    )
    return System(baseline=laid, rft=rft)


def _baseline(said: SystemSettings) -> BaselineSettings:
    # a system without `from` has one: its settings were checked
    return said.baseline or BaselineSettings()
