"""`psychagent safety audit verify`: check an audit against its hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.safety.verdict import told
from psychagent.records.audit.check import audit_files
from psychagent.records.audit.check import verify as check_file


def verify(
    path: Annotated[Path, typer.Argument(help="A safety.jsonl, a run's folder, or a folder of such files.")],
) -> None:
    """Check that no line of an audit was changed or removed; exit status 1 if one was."""
    files = audit_files(path)
    if not files:
        typer.echo(f"{path}: no audit; the safety gate has recorded nothing here.")
    verdicts = {file: check_file(file) for file in files}
    for file, verdict in verdicts.items():
        typer.echo("\n".join(told(file, verdict)))
    if not all(verdict.is_whole for verdict in verdicts.values()):
        raise typer.Exit(1)
