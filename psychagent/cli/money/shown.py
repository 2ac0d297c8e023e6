"""Show an estimate, in words or as JSON."""

from __future__ import annotations

from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.domain.usage import RoleUsage
from psychagent.domain.words.money import amount
from psychagent.runs.money.estimated import Estimate

FIRST_TOKEN_SEC = 0.5


class Speed(NamedTuple):
    """How fast a reply comes."""

    tokens_per_sec: float | None
    first_token_sec: float | None

    def hours(self, found: Estimate) -> float | None:
        """Return the hours of an estimate; None where nobody said how fast replies come."""
        if self.tokens_per_sec is None:
            return None
        first = FIRST_TOKEN_SEC if self.first_token_sec is None else self.first_token_sec
        return found.hours(self.tokens_per_sec, first)


def show_estimate(found: Estimate, speed: Speed, *, what: str, as_json: bool) -> None:
    """Print an estimate."""
    if as_json:
        show_json({**estimate_data(found), "hours": speed.hours(found)})
        return
    console = open_console(highlight=False)
    show_estimate_table(found, console, title=f"Estimate for {found.cases:,}")
    for sentence in _sentences(found, speed, what):
        console.print(sentence, soft_wrap=True, markup=False)


def estimate_data(found: Estimate) -> dict[str, Any]:
    """Return an estimate as data, with its sums."""
    return found.model_dump(mode="json") | {
        "total": found.total.model_dump(mode="json"),
        "cost": found.money.total if found.money.currency else None,
    }


def _sentences(found: Estimate, speed: Speed, what: str) -> list[str]:
    money = found.money
    said = []
    if money.currency:
        without = amount(money.total + money.saved)
        said.append(f"About {money.words()}; {without} if no prefix cache served anything.")
        if what == "cases" and (each := money.each(sessions=found.sessions, cases=found.cases)):
            said.append(f"That is {each}.")
    elif money.unpriced:
        said.append(
            f"No price is given for {', '.join(money.unpriced)}, or two currencies; see docs/cost.md."
        )
    if any(line.is_script for line in found.lines):
        said.append("A script costs nothing; its tokens here are what a model would take in its place.")
    if (hours := speed.hours(found)) is not None:
        lanes = "one call" if found.lanes == 1 else f"{found.lanes} calls"
        said.append(f"About {hours:,.1f} hours, with {lanes} at a time.")
    said.append(
        "An estimate for replies of usual length, without retries: expect it within a third. Courses are "
        "taken as long as they may be unless --sessions and --turns say otherwise."
        if what == "cases"
        else "An estimate for replies of usual length, without retries: expect it within a third."
    )
    return said


def show_estimate_table(found: Estimate, console: Console, *, title: str) -> None:
    """Print an estimate by role."""
    table = Table(title=title, title_justify="left")
    table.add_column("role", no_wrap=True)
    table.add_column("model", overflow="fold")
    for name in ("calls", "prompt tokens", "of these cached", "completion tokens", "cost"):
        table.add_column(name, justify="right")
    for line in found.lines:
        cost = "–" if line.cost is None else f"{amount(line.cost)} {line.currency}".strip()
        table.add_row(line.role, escape(line.model), *numbers_of(line.used), escape(cost))
    table.add_section()
    table.add_row("all", "", *numbers_of(found.total), escape(found.money.words() or "–"))
    console.print(table)


def numbers_of(used: RoleUsage) -> list[str]:
    """Format what is billed."""
    counts = (used.calls, used.prompt_tokens, used.cached_tokens, used.completion_tokens)
    return [f"{number:,}" for number in counts]
