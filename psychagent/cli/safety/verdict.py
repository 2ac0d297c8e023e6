"""What a check of an audit found, in words."""

from __future__ import annotations

from pathlib import Path

from psychagent.records.audit.check import Verdict

_SHOWN = 10


def told(file: Path, verdict: Verdict) -> list[str]:
    """Say in lines whether an audit is whole, and where it is not."""
    size = f"{_count(verdict.lines, 'line')} by {_count(verdict.writers, 'writer')}"
    if verdict.is_whole:
        last = f"; last hash {verdict.last}" if verdict.last else ""
        return [f"{file}: OK, {size}{last}"]
    shown = [f"  line {one.line}: {one.flaw.value}: {one.reason}" for one in verdict.broken[:_SHOWN]]
    more = len(verdict.broken) - _SHOWN
    first = verdict.broken[0].line
    lines = [f"{file}: BROKEN at line {first}, {size}", *shown]
    return [*lines, f"  and {_count(more, 'more place')}"] if more > 0 else lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
