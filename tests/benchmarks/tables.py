"""How the bench prints."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

CONSOLE = Console(width=120)


def table(title: str, *columns: str) -> Table:
    """Make a table with numbers to the right."""
    made = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        made.add_column(column, justify="left" if number == 0 else "right")
    return made
