"""`--dry-run`: what a run would ask."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from psychagent.cli.shown.console import open_console
from psychagent.domain.usage import RoleUsage
from psychagent.domain.words.money import amount
from psychagent.runs.forecast import Forecast


def show_forecast(seen: Forecast) -> None:
    """Print cases, calls, tokens and, at the prices of the settings, money."""
    console = open_console(highlight=False)
    rollouts = f" × {seen.rollouts} rollouts" if seen.rollouts > 1 else ""
    turns = f"at most {seen.turns} counselor turns"
    console.print(f"{seen.cases} cases × at most {seen.sessions} sessions{rollouts} × {turns}")
    if seen.finished:
        console.print(f"{seen.finished} of the cases are finished in the folder; nothing is asked for them")
    console.print(_table(seen))
    for currency in sorted({line.currency for line in seen.lines if line.cost is not None}):
        money = sum(line.cost or 0 for line in seen.lines if line.currency == currency)
        console.print(
            f"At the prices of the settings: at most about {amount(money)} {currency}", markup=False
        )
    if unpriced := sorted({line.model for line in seen.lines if line.cost is None}):
        console.print(
            f"No price is given for {', '.join(unpriced)} (see docs/cost.md)",
            markup=False,
        )
    console.print(
        "These are upper bounds, with no prompt served from a cache and no retry: most sessions end earlier. "
        "Tokens are estimates; a model that thinks at length writes more. Nothing was asked or written."
    )


def _table(seen: Forecast) -> Table:
    table = Table(title="At most", title_justify="left")
    table.add_column("role")
    table.add_column("model", overflow="fold")
    for name in ("calls", "prompt tokens", "completion tokens"):
        table.add_column(name, justify="right")
    for line in seen.lines:
        table.add_row(line.role, escape(line.model), *_numbers(line.used))
    table.add_section()
    table.add_row("all", "", *_numbers(seen.total))
    return table


def _numbers(used: RoleUsage) -> list[str]:
    return [f"{number:,}" for number in (used.calls, used.prompt_tokens, used.completion_tokens)]
