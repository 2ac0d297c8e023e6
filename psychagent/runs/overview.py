"""What runs are in a folder: how far each is and what it took, from files alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from os.path import lexists
from pathlib import Path

from filelock import FileLock, Timeout

from psychagent.domain.base import Record
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.records.chat import CHAT
from psychagent.records.folder import Broken, RunFolder, runs_at
from psychagent.records.gaps.damaged import damaged_files
from psychagent.records.judged.unscored import Unscored
from psychagent.records.manifest import Manifest
from psychagent.runs.money.priced import cost_of
from psychagent.runs.outcome import Status


class RunKind(StrEnum):
    """What was run."""

    SAMPLE = "sample"
    ROLLOUTS = "rft"
    CHAT = "chat"


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    """A process is working in its folder at this moment."""
    COMPLETE = "complete"
    FAILED = "failed"
    """At least one case failed for good."""
    UNFINISHED = "unfinished"
    """A case is not over, and nobody works on it; the same command goes on."""
    DAMAGED = "damaged"
    """A file of one of its cases cannot be used, or is gone, however the cases ended."""
    BROKEN = "broken"
    """Its manifest cannot be read."""


class RunLine(Record):
    """One run."""

    path: str
    kind: RunKind | None = None
    state: RunState
    note: str = ""
    """What is wrong where the state is `broken`."""
    cases: dict[str, int] = {}
    """Status -> number of cases begun."""
    unscored: Unscored = Unscored()
    """Rollouts that lack scores of the judge."""
    damaged: tuple[Broken, ...] = ()
    """Files of cases that cannot be used, or are gone."""
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    """At the prices in the run's settings; None where a model that was asked has none there."""
    currency: str = ""
    scripted: bool = False
    """Whether a script played a role."""
    changed: datetime | None = None
    """When its manifest was last written, in UTC."""

    @property
    def is_whole(self) -> bool:
        """Whether all files that it should have can be read."""
        return self.state is not RunState.BROKEN and not self.damaged


def list_runs(folders: Sequence[Path]) -> list[RunLine]:
    """List the runs in folders, each of which may be a run or hold runs; by path."""
    found = {run.path: run for folder in folders for run in (*runs_at(folder), *_without_manifest(folder))}
    return [_line(found[path]) for path in sorted(found)]


def _without_manifest(folder: Path) -> Iterator[RunFolder]:
    """Yield what was a run and has lost its manifest, in a folder that is none itself."""
    for path in (folder, *sorted(folder.glob("*"))):
        run = RunFolder(path)
        if lexists(run.checkpoints) and not lexists(run.manifest_path):
            yield run


def _line(run: RunFolder) -> RunLine:
    try:
        manifest = run.manifest()
    except RecordError as error:
        reason = str(error).removeprefix(f"{run.manifest_path}: ")
        return RunLine(path=str(run.path), state=RunState.BROKEN, note=reason)
    total = sum(manifest.totals.values(), RoleUsage())
    cost, currency = _cost(manifest)
    damaged = damaged_files(run)
    return RunLine(
        path=str(run.path),
        kind=_kind(run, manifest),
        state=RunState.RUNNING if is_held(run.lock) else _state(manifest.cases, damaged),
        cases=manifest.cases,
        unscored=manifest.unscored,
        damaged=damaged,
        calls=total.calls,
        prompt_tokens=total.prompt_tokens,
        completion_tokens=total.completion_tokens,
        cost=cost,
        currency=currency,
        scripted=manifest.is_script,
        changed=_changed(run.manifest_path),
    )


def _changed(path: Path) -> datetime | None:
    """Return when a file was last written; None if it is gone since it was read."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def _kind(run: RunFolder, manifest: Manifest) -> RunKind:
    if (run.path / CHAT).exists():
        return RunKind.CHAT
    return RunKind.ROLLOUTS if manifest.has_rollouts else RunKind.SAMPLE


def _state(cases: dict[str, int], damaged: Sequence[Broken]) -> RunState:
    if damaged:
        return RunState.DAMAGED
    known = {status.value: status for status in Status}
    ends = {known.get(name, Status.PARTIAL) for name, number in cases.items() if number}
    if Status.FAILED in ends:
        return RunState.FAILED
    return RunState.COMPLETE if ends and all(end.is_finished for end in ends) else RunState.UNFINISHED


def is_held(lock: Path) -> bool:
    """Return whether a process holds a run's lock; it is tried for a moment, and let go at once."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        # of another user, or on a disk that cannot be written: nobody here works in it
        return False


def _cost(manifest: Manifest) -> tuple[float | None, str]:
    money = cost_of(manifest.totals, manifest.settings)
    return money.whole, "" if money.whole is None else money.currency
