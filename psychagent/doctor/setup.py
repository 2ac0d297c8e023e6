"""The setup to examine, and the checks that read its settings; knows neither models nor skills."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from psychagent.assets.locate import KINDS, asset_dir, own_assets
from psychagent.assets.own import compare
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Record
from psychagent.errors import PsychAgentError


class Finding(Record):
    """The result of one check."""

    name: str
    ok: bool
    text: str
    """What was seen and, after a failure, what to do."""


@dataclass(frozen=True)
class Check:
    """One check that can be run."""

    name: str
    work: Callable[[], Awaitable[str] | str]
    remedy: str = ""
    """What to do after a failure, if its message does not say."""

    async def run(self) -> Finding:
        """Run the check; an expected error becomes a failed finding."""
        try:
            result = self.work()
            text = result if isinstance(result, str) else await result
        except (PsychAgentError, OSError) as error:
            problem = " ".join(str(error).split())
            return Finding(name=self.name, ok=False, text="; ".join(filter(None, (problem, self.remedy))))
        return Finding(name=self.name, ok=True, text=text)


@dataclass(frozen=True)
class SetUp:
    """The setup to examine."""

    baseline: Path | None
    runtime: Path | None
    dataset: Path | None
    save_dir: Callable[[RuntimeSettings], Path]
    cache_dir: Callable[[RuntimeSettings], Path | None]
    env: Mapping[str, str]
    read: dict[str, BaselineSettings | RuntimeSettings | DatasetSettings] = field(default_factory=dict)
    """The settings that could be read, by kind."""

    def settings(self) -> tuple[BaselineSettings, RuntimeSettings, DatasetSettings] | None:
        """Return the three settings; None if one of them could not be read."""
        baseline, runtime, dataset = (self.read.get(kind) for kind in ("baseline", "runtime", "dataset"))
        if (
            isinstance(baseline, BaselineSettings)
            and isinstance(runtime, RuntimeSettings)
            and isinstance(dataset, DatasetSettings)
        ):
            return baseline, runtime, dataset
        return None


async def examine_settings(setup: SetUp) -> AsyncIterator[Finding]:
    """Look for the assets and read the settings, and yield each finding."""
    for check in (*_assets(), *_settings(setup)):
        yield await check.run()


def _assets() -> Iterator[Check]:
    for kind in KINDS:
        yield Check(f"assets: {kind}", partial(describe_assets, kind))


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


def _settings(setup: SetUp) -> Iterator[Check]:
    def read(kind: str, model: type[BaselineSettings | RuntimeSettings | DatasetSettings]) -> str:
        path: Path | None = getattr(setup, kind)
        setup.read[kind] = load_settings(model, path)
        return str(path or "the default")

    yield Check("settings: baseline", partial(read, "baseline", BaselineSettings))
    yield Check("settings: runtime", partial(read, "runtime", RuntimeSettings))
    yield Check("settings: dataset", partial(read, "dataset", DatasetSettings))
