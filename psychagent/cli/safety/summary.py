"""`psychagent safety audit summary`: numbers of an audit, as a yearly report asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from psychagent.cli.safety.verdict import told
from psychagent.cli.shown.console import open_console
from psychagent.evals.safety.audit_counts import AuditSummary, Counts, summarize
from psychagent.records.audit.check import audit_files, verify
from psychagent.records.audit.file import read_audit

_ROWS: tuple[tuple[str, Callable[[Counts], int]], ...] = (
    ("courses on record", lambda c: c.subjects),
    ("turns on record", lambda c: c.findings),
    ("  level 3, imminent", lambda c: c.levels["3"]),
    ("  level 2, high", lambda c: c.levels["2"]),
    ("  level 1, concern", lambda c: c.levels["1"]),
    ("  level 0, no answer of the model", lambda c: c.levels["0"]),
    ("about the client's own life", lambda c: c.about["self"]),
    ("about others", lambda c: c.about["others"]),
    ("about being harmed", lambda c: c.about["harmed"]),
    ("about a child, hurt by the client", lambda c: c.about["child"]),
    ("about drink", lambda c: c.about["drink"]),
    ("handled by a note to the counselor", lambda c: c.handling["note"]),
    ("handled by a card", lambda c: c.handling["card"]),
    ("handled by a takeover", lambda c: c.handling["takeover"]),
    ("not handled, only watched", lambda c: c.handling["none"]),
    ("model answered", lambda c: c.classifier["ok"]),
    ("model failed", lambda c: c.classifier["failed"]),
    ("model not asked", lambda c: c.classifier["spared"]),
    ("no model", lambda c: c.classifier["off"]),
    ("help asked for", lambda c: c.help),
    ("referrals (cards, takeovers, help)", lambda c: c.referrals),
)
_COLUMNS: dict[str, Callable[[Counts], int]] = {
    "turns": lambda c: c.findings,
    "level 1": lambda c: c.levels["1"],
    "level 2": lambda c: c.levels["2"],
    "level 3": lambda c: c.levels["3"],
    "cards": lambda c: c.handling["card"],
    "takeovers": lambda c: c.handling["takeover"],
    "help": lambda c: c.help,
    "referrals": lambda c: c.referrals,
}


def summary(
    path: Annotated[Path, typer.Argument(help="A safety.jsonl, a run's folder, or a folder of such files.")],
    year: Annotated[int | None, typer.Option(min=2000, max=9999, help="Only this year (UTC).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count what the safety gate found and did, and how often it referred somebody to help.

    Ends with status 1 if lines of an audit were changed or removed.
    """
    files = audit_files(path)
    broken = {file: verdict for file in files if not (verdict := verify(file)).is_whole}
    lines = [line for file in files for line in read_audit(file)]
    counted = summarize(lines, year)
    when = f" in {year}" if year else ""
    if as_json:
        typer.echo(counted.model_dump_json(indent=2))
    elif counted.months:
        open_console().print(*_tables(counted), sep="\n\n")
    elif broken:
        typer.echo(f"{path}: the lines that are there tell of nothing{when}.")
    else:
        typer.echo(f"{path}: the safety gate has recorded nothing{when}.")
    for file, verdict in broken.items():
        typer.echo("\n".join(told(file, verdict)), err=True)
    if broken:
        typer.echo(
            "note: these numbers are of the lines that are there, not of all that was recorded", err=True
        )
        raise typer.Exit(1)


def _tables(counted: AuditSummary) -> Iterator[Table]:
    whole = Table(title=f"Audit, {counted.year or 'all years'}", title_justify="left", box=None)
    whole.add_column("")
    whole.add_column("total", justify="right")
    for name, number in _ROWS:
        whole.add_row(name, str(number(counted.total)))
    yield whole
    by_month = Table(title="By month, in UTC", title_justify="left", box=None)
    by_month.add_column("")
    for name in _COLUMNS:
        by_month.add_column(name, justify="right")
    for month, counts in counted.months.items():
        by_month.add_row(month, *(str(number(counts)) for number in _COLUMNS.values()))
    yield by_month
