"""Check an audit against its hashes: which lines were changed, removed, inserted or moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from psychagent.domain.base import Record
from psychagent.errors import RecordError
from psychagent.files.shared import read_shared
from psychagent.records.audit.file import AuditLine, is_intact, parse_line
from psychagent.records.folder import SAFETY, RunFolder, runs_at


class Flaw(StrEnum):
    """What is wrong at a place of an audit."""

    DAMAGED = "damaged"
    """The line cannot be read."""
    CHANGED = "changed"
    REMOVED = "removed"
    """Lines are missing above this one."""
    INSERTED = "inserted"
    MOVED = "moved"
    TORN = "torn"
    """The last line is incomplete."""


class Broken(Record):
    """A place at which the chain of an audit does not hold."""

    line: int
    """From 1."""
    flaw: Flaw
    reason: str


class Verdict(Record):
    """What a check of an audit found."""

    lines: int
    """Lines that are complete, in order or not."""
    writers: int
    last: str
    """Hash of the last line; empty where there is none. Kept elsewhere, it shows later that no line was
    taken from the end."""
    broken: tuple[Broken, ...] = ()
    """In order; the first is where the chain breaks."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.broken


class _Line(NamedTuple):
    number: int
    data: bytes
    line: AuditLine | None
    """None where it cannot be read."""

    @property
    def hash(self) -> str:
        """The hash that it states."""
        return self.line.hash if self.line else ""


def audit_files(path: Path) -> list[Path]:
    """List the audits at a path: a file, those of the runs at it, or else every `.jsonl` in a folder.

    Raises:
        RecordError: If nothing there is one, and no run could have one.
    """
    if not path.is_dir():
        return [path]
    if runs := runs_at(path):
        # a folder of runs may hold other lines, such as an export
        # one that is gone although the manifest knows its last line is named by whoever reads it
        return [run.safety for run in runs if run.safety.is_file() or _last_of(run.safety)]
    files = sorted(path.glob("*.jsonl"))
    if not files:
        raise RecordError(f"{path}: holds no audit and no run; name a run's folder or its safety.jsonl")
    return files


def verify(path: Path) -> Verdict:
    """Check the audit in a file.

    Raises:
        RecordError: If the file cannot be read.
    """
    return check(read_shared(path), last=_last_of(path))


def _last_of(path: Path) -> str:
    """Return the hash of the last line that the run beside an audit knows of; empty if it knows of none."""
    try:
        return RunFolder(path.parent).manifest().audit_last if path.name == SAFETY else ""
    except RecordError:
        return ""


def check(data: bytes, *, last: str = "") -> Verdict:
    """Check the content of an audit.

    What it cannot show: lines taken from the end after `last`, and a file that was written anew as a
    whole, or from some line on, by somebody who knows its form.

    Args:
        data: The content.
        last: Hash of a line that it is known to have held; empty if none is known.
    """
    *whole, torn = data.split(b"\n")
    lines = [_read(number, part) for number, part in enumerate(whole, start=1)]
    # a line may be found changed by itself and by the one below
    broken = list({(one.line, one.flaw): one for one in (*_in_order(lines), *_alone(lines))}.values())
    if last and last not in {line.hash for line in lines}:
        reason = "lines are missing from its end, or were changed: it lacks the last one that the run wrote"
        broken.append(Broken(line=len(lines) + 1, flaw=Flaw.REMOVED, reason=reason))
    if torn:
        reason = "is incomplete, as a kill or a full disk leaves it; the next command that writes cuts it off"
        broken.append(Broken(line=len(lines) + 1, flaw=Flaw.TORN, reason=reason))
    return Verdict(
        lines=len(lines),
        writers=len({entry.line.writer for entry in lines if entry.line}),
        last=lines[-1].hash if lines else "",
        broken=tuple(sorted(broken, key=lambda one: one.line)),
    )


def _read(number: int, data: bytes) -> _Line:
    try:
        return _Line(number, data, parse_line(data))
    except ValueError:
        return _Line(number, data, None)


def _alone(lines: Sequence[_Line]) -> Iterator[Broken]:
    """Find what is wrong with lines by themselves."""
    for number, data, line in lines:
        if line is None:
            yield Broken(line=number, flaw=Flaw.DAMAGED, reason="cannot be read as a line of an audit")
        elif not is_intact(data, line):
            yield Broken(line=number, flaw=Flaw.CHANGED, reason="does not have the hash that it states")


def _in_order(lines: Sequence[_Line]) -> Iterator[Broken]:
    """Find where a line does not follow the one above it."""
    places: dict[str, int] = {}
    for entry in lines:
        if entry.line:
            places.setdefault(entry.hash, entry.number)
    strange: set[int] = set()
    for above, entry, below in zip([None, *lines], lines, [*lines[1:], None], strict=False):
        if entry.line is None or entry.line.prev == (above.hash if above else ""):
            continue
        if above and (above.line is None or above.number in strange):
            # said already: what stands above it is none of the chain
            continue
        found = _break(entry, entry.line, above, below, places)
        if found.flaw is Flaw.INSERTED:
            strange.add(entry.number)
        yield found


def _break(
    entry: _Line, line: AuditLine, above: _Line | None, below: _Line | None, places: dict[str, int]
) -> Broken:
    """Say why a line does not follow the one above it."""
    first = places[entry.hash]
    if first < entry.number:
        return Broken(line=entry.number, flaw=Flaw.INSERTED, reason=f"repeats line {first}")
    if line.prev in places:
        reason = f"followed what is now line {places[line.prev]}"
        return Broken(line=entry.number, flaw=Flaw.MOVED, reason=reason)
    if below and below.line and below.line.prev == (above.hash if above else ""):
        reason = "is not of this chain: the next line follows the one above"
        return Broken(line=entry.number, flaw=Flaw.INSERTED, reason=reason)
    if line.prev == "":
        reason = "began a file and stands below another line"
        return Broken(line=entry.number, flaw=Flaw.MOVED, reason=reason)
    if above and above.line and (above.line.writer, above.line.n + 1) == (line.writer, line.n):
        reason = (
            "is not the line that the next one followed: it was changed with its hash, or a line of another "
            "writer was removed below it"
        )
        return Broken(line=above.number, flaw=Flaw.CHANGED, reason=reason)
    return Broken(line=entry.number, flaw=Flaw.REMOVED, reason=_missing(line, above))


def _missing(line: AuditLine, above: _Line | None) -> str:
    """Say how much is missing above a line, as far as its writer's numbers tell."""
    told = 0
    if above is None:
        told = line.n - 1
    elif above.line and above.line.writer == line.writer:
        told = line.n - above.line.n - 1
    amount = f"{told} of its writer's lines are" if told > 1 else "the line above it is"
    return f"does not follow: {amount} missing"
