"""What a command goes without: a table with each reason once, or a line for a session that is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from psychagent.records.folder import CaseFolder
from psychagent.records.gaps.sessions import missing_sessions

_MOST_LISTED = 3
"""Places and scales that one row names; the others are counted."""


def trouble_table(problems: Sequence[tuple[str, str, str]]) -> Table:
    """Lay out where something is missing, what, and why: a server that fails does so everywhere."""
    table = Table(title="Missing and left out", title_justify="left")
    for column in ("where", "what", "why"):
        table.add_column(column, overflow="fold")
    by_reason: dict[str, list[tuple[str, str]]] = {}
    for where, what, why in problems:
        by_reason.setdefault(why, []).append((where, what))
    for why, places in by_reason.items():
        times = f" ({len(places)}x)" if len(places) > 1 else ""
        row = (*map(_first, zip(*places, strict=True)), f"{why}{times}")
        table.add_row(*map(escape, row))
    return table


def _first(names: Iterable[str]) -> str:
    """List the first of some names, each once, and count the others."""
    each = list(dict.fromkeys(names))
    more = f" and {len(each) - _MOST_LISTED} more" if len(each) > _MOST_LISTED else ""
    return ", ".join(each[:_MOST_LISTED]) + more


def show_gap(case: CaseFolder, console: Console) -> None:
    """Name the first session of a case whose file is gone, if there is one."""
    if gap := missing_sessions(case):
        console.print(f"[yellow]{escape(f'{gap.path}: {gap.reason}')}[/yellow]", soft_wrap=True)
