"""The setup to examine, and the checks that read its settings; knows neither models nor skills."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from psychagent.assets.locate import KINDS, OWN, asset_dir, own_assets
from psychagent.assets.own import compare
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings, Settings
from psychagent.assets.settings.judge import EvalSettings, load_eval_settings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.rollouts import RftSettings, load_rft_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.doctor.check import Check

S = TypeVar("S", bound=Settings)

LOADERS: dict[type[Settings], Callable[[Path | None], Settings]] = {
    BaselineSettings: partial(load_settings, BaselineSettings),
    RuntimeSettings: partial(load_settings, RuntimeSettings),
    DatasetSettings: partial(load_settings, DatasetSettings),
    EvalSettings: load_eval_settings,
    RftSettings: load_rft_settings,
}
KIND_OF: dict[type[Settings], str] = {
    BaselineSettings: "baseline",
    RuntimeSettings: "runtime",
    DatasetSettings: "dataset",
    EvalSettings: "judge",
    RftSettings: "rollouts",
}
"""What each kind of settings is called."""


def reading(*models: type[Settings]) -> tuple[str, ...]:
    """Name the checks that read settings of some kinds."""
    return tuple(f"settings: {KIND_OF[model]}" for model in models)


class Asked(NamedTuple):
    """An endpoint that a command would ask, and where its settings stand."""

    role: str
    model: type[Settings]
    """The kind of settings that names it."""
    keys: tuple[str, ...]
    """Where it stands in them."""
    settings: EndpointSettings


@dataclass(frozen=True)
class SetUp:
    """The setup to examine: the settings files of a run and, where they are asked for, of its judges."""

    baseline: Path | None
    runtime: Path | None
    dataset: Path | None
    save_dir: Callable[[RuntimeSettings], Path]
    cache_dir: Callable[[RuntimeSettings], Path | None]
    env: Mapping[str, str]
    judge: Path | None = None
    """The settings of an evaluation; None examines none."""
    rollouts: Path | None = None
    """The settings of rollouts; None examines none."""
    lay_over: Callable[[Settings], Settings] = lambda settings: settings
    """Lays over settings what else the command's options say."""
    probing: bool = True
    """Whether servers are asked what else they take."""
    writing: bool = False
    """Whether the settings to which servers answer are written into files."""
    overwriting: bool = False
    """Whether such a file may replace one."""
    read: dict[type[Settings], Settings] = field(default_factory=dict)
    """The settings that could be read."""

    def file(self, model: type[Settings]) -> Path | None:
        """Return the file that is named for settings of a kind."""
        file: Path | None = getattr(self, KIND_OF[model])
        return file

    @property
    def kinds(self) -> tuple[type[Settings], ...]:
        """The kinds of settings to examine."""
        more = {EvalSettings: self.judge, RftSettings: self.rollouts}
        return tuple(model for model in LOADERS if more.get(model, True) is not None)

    def settings(self, model: type[S]) -> S:
        """Return settings that were read; only checks that need their reading ask for them."""
        found = self.read[model]
        assert isinstance(found, model)
        return found

    def asked(self) -> Iterator[Asked]:
        """List the endpoints of all settings that could be read."""
        for model in self.kinds:
            if model in self.read:
                yield from endpoints_of(model, self.read[model])

    @property
    def can_ask(self) -> bool:
        """Whether anything is left to check that needs models or an index."""
        all_read = {BaselineSettings, RuntimeSettings, DatasetSettings} <= self.read.keys()
        return all_read or any(one.settings.provider != "offline" for one in self.asked())


ROLES: dict[type[Settings], tuple[tuple[str, tuple[str, ...]], ...]] = {
    BaselineSettings: (
        ("counselor", ("counselor",)),
        ("reflector", ("reflector",)),
        ("risk", ("safety", "endpoint")),
    ),
    RuntimeSettings: (("client", ("world", "client")),),
    EvalSettings: (("judge", ("judge",)),),
    RftSettings: (("rollout judge", ("judging", "judge")), ("holdout", ("holdout",))),
}
"""Who is asked, by kind of settings, and where the endpoint stands; the first of a kind is always there."""


def endpoints_of(model: type[Settings], settings: Settings) -> Iterator[Asked]:
    """List the endpoints that settings of a kind name."""
    for role, keys in ROLES.get(model, ()):
        found: Any = settings
        for key in keys:
            found = getattr(found, key)
        if found is not None:
            yield Asked(role, model, keys, found)


def check_settings(setup: SetUp) -> Iterator[Check]:
    """Look for the assets and read the settings."""
    if setup.env.get(OWN):
        yield Check("assets: your folder", lambda: str(own_assets()))
    for kind in KINDS:
        yield Check(f"assets: {kind}", partial(describe_assets, kind), needs=("assets: your folder",))
    for model in setup.kinds:
        name = f"settings: {KIND_OF[model]}"
        yield Check(name, partial(_read, setup, model), needs=("assets: configs",))


def describe_assets(kind: str) -> str:
    """Say where the files of one kind are read from, and how one's own differ from the shipped ones.

    Raises:
        AssetError: If they are not there.
    """
    used, own = asset_dir(kind), own_assets()
    if own is None:
        return str(used)
    if used.parent != own:
        return f"{used} (the shipped ones: {own} has no {kind})"
    changes = compare(kind)
    if changes.is_none:
        return f"{used} (your copy: {changes.files} files, as shipped)"
    return (
        f"{used} (your copy: {changes.files} files, {changes.changed} changed, {changes.added} added, "
        f"{changes.missing} of the shipped ones not there)"
    )


def _read(setup: SetUp, model: type[Settings]) -> str:
    path = setup.file(model)
    setup.read[model] = setup.lay_over(LOADERS[model](path))
    return str(path or "the default")
