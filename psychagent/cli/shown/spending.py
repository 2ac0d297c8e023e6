"""Say what was spent of a budget, and how to go on where it ended the work."""

from __future__ import annotations

from rich.console import Console

from psychagent.runs.money.spending import Spending


def show_spending(spending: Spending | None, console: Console, *, held: bool) -> None:
    """Print what was spent; nothing where nothing has a price."""
    if spending and (said := spending.words()):
        console.print(said, soft_wrap=True, highlight=False, markup=False)
    if held:
        console.print(
            "Stopped at its budget. Run the same command with a higher one to go on.", style="yellow"
        )
