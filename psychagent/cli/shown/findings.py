"""Show what the doctor found: a line a check, a table of what servers take, a sentence at the end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from psychagent.doctor.check import Finding, State, Tried

MARKS = {
    State.WELL: "[green]✓[/green]",
    State.WARNING: "[yellow]![/yellow]",
    State.FAILED: "[red]✗[/red]",
    State.SKIPPED: "[dim]–[/dim]",
}


def show_finding(finding: Finding, console: Console) -> None:
    """Print the line of one check."""
    line = f"{MARKS[finding.state]} {escape(finding.name)}: {escape(finding.text)}"
    console.print(line, soft_wrap=True)


def show_tried(findings: Sequence[Finding], console: Console) -> None:
    """Tabulate what each server takes, if any was asked."""
    asked = [finding for finding in findings if finding.tried]
    if not asked:
        return
    table = Table(title="What servers take", title_justify="left")
    table.add_column("tried")
    for finding in asked:
        table.add_column(escape(finding.name.removeprefix("server: ")), overflow="fold")
    for row in zip(*(finding.tried for finding in asked), strict=True):
        table.add_row(row[0].what, *map(_cell, row))
    console.print(table)


def _cell(tried: Tried) -> str:
    return "yes" if tried.takes else f"{'?' if tried.takes is None else 'no'}: {escape(tried.said)}"


def summary(findings: Sequence[Finding]) -> str:
    """Say in one sentence how it stands."""
    counts = {state: sum(finding.state is state for finding in findings) for state in State}
    failed, skipped, doubtful = counts[State.FAILED], counts[State.SKIPPED], counts[State.WARNING]
    warned = f" {doubtful} of the checks warn." if doubtful else ""
    if not failed:
        return f"All is well but for warnings.{warned}" if doubtful else "All is well."
    left = f", and {skipped} that rest on them were skipped" if skipped else ""
    return f"{failed} of the checks failed{left}.{warned}"
