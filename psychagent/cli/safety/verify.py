"""`psychagent safety audit verify`: check an audit against its hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.records.audit.check import Verdict, audit_files
from psychagent.records.audit.check import verify as check_file

_SHOWN = 10


def verify(
    path: Annotated[Path, typer.Argument(help="A safety.jsonl, a run's folder, or a folder of such files.")],
) -> None:
    """Check that no line of an audit was changed or removed; exit status 1 if one was."""
    files = audit_files(path)
    if not files:
        typer.echo(f"{path}: no audit; the safety gate has recorded nothing here.")
    verdicts = {file: check_file(file) for file in files}
    for file, verdict in verdicts.items():
        typer.echo("\n".join(_told(file, verdict)))
    if not all(verdict.is_whole for verdict in verdicts.values()):
        raise typer.Exit(1)


def _told(file: Path, verdict: Verdict) -> list[str]:
    size = f"{_count(verdict.lines, 'line')} by {_count(verdict.writers, 'writer')}"
    if verdict.is_whole:
        last = f"; last hash {verdict.last}" if verdict.last else ""
        return [f"{file}: OK, {size}{last}"]
    shown = [f"  line {one.line}: {one.flaw.value}: {one.reason}" for one in verdict.broken[:_SHOWN]]
    more = len(verdict.broken) - _SHOWN
    first = verdict.broken[0].line
    told = [f"{file}: BROKEN at line {first}, {size}", *shown]
    return [*told, f"  and {_count(more, 'more place')}"] if more > 0 else told


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
