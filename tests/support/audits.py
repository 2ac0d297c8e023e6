"""What tests of the audit share: findings, writers in processes of their own, and what a file holds."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from psychagent.domain.risk.audit import AuditKey
from psychagent.domain.risk.finding import About, Handling, RiskFinding
from psychagent.records.audit.file import FileAudit

_SERVER = multiprocessing.get_context("forkserver")


def turn_of(turn: int = 1, *, subject: str = "cbt/en01", session: int = 1, rollout: int = 0) -> AuditKey:
    """Name a turn."""
    return AuditKey(subject, session, rollout, 0, turn)


def finding_of(level: int = 2, *, handling: Handling = Handling.CARD, **over: Any) -> RiskFinding:
    """Make what the gate found in a turn."""
    told = {"about": About.SELF, "hard": level, "patterns": ("self",), "rules_hash": "r"}
    return RiskFinding.model_validate({"turn": 1, "level": level, "handling": handling} | told | over)


def ticking(begin: datetime = datetime(2026, 11, 26, 12, tzinfo=UTC)) -> Callable[[], datetime]:
    """Make a clock that moves by a second whenever it is asked."""
    asked = 0

    def now() -> datetime:
        nonlocal asked
        asked += 1
        return begin + timedelta(seconds=asked)

    return now


def leave_audit(
    path: Path, turns: Sequence[int] = (1, 3, 5), *, writer: str = "w1", **over: Any
) -> FileAudit:
    """Record some turns by a writer of one's own."""
    audit = FileAudit(path, clock=ticking(), writer=writer)
    record(audit, turns, **over)
    return audit


def record(audit: FileAudit, turns: Iterable[int], **over: Any) -> None:
    """Record turns, one after another."""
    for turn in turns:
        audit.add(turn_of(turn, **over), finding_of(), model="judge")


def audit_lines(path: Path) -> list[dict[str, Any]]:
    """Read an audit as any tool would; every line must be whole JSON."""
    data = path.read_bytes()
    assert data.endswith(b"\n"), "the last line is whole"
    return [json.loads(line) for line in data.decode("utf-8").split("\n")[:-1]]


def turns_in(path: Path) -> list[tuple[int, int, int]]:
    """List session, rollout and turn of the findings on record, sorted."""
    found = [line for line in audit_lines(path) if line["event"] == "finding"]
    return sorted((line["session"], line["rollout"], line["turn"]) for line in found)


def without_chance(path: Path) -> list[dict[str, Any]]:
    """Return the lines without what differs from run to run: time, writer, number and hashes."""
    chance = {"time", "writer", "n", "prev", "hash"}
    return [{name: v for name, v in line.items() if name not in chance} for line in audit_lines(path)]


def _write(path: str, turns: list[int]) -> None:
    record(FileAudit(Path(path)), turns)


@contextmanager
def writing(path: Path, turns: Sequence[int]) -> Iterator[BaseProcess]:
    """Record turns in a process of its own, which is killed at the end of the block if it still works."""
    process = _SERVER.Process(target=_write, args=(str(path), list(turns)), daemon=True)
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join(10)
