"""`psychagent runs`: which runs there are, how far each is, and what it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from psychagent.cli.options import JsonOption
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.domain.words.money import amount
from psychagent.errors import RecordError
from psychagent.runs.overview import RunLine, RunState, list_runs

FOLDERS = ("runs", "rft", "chats")
"""Where runs are stored unless a command is told otherwise."""
_STYLES = {
    RunState.FAILED: "red",
    RunState.DAMAGED: "red",
    RunState.BROKEN: "red",
    RunState.UNFINISHED: "yellow",
    RunState.RUNNING: "cyan",
}
_MOST_NAMED = 3
"""Damaged files of a run that are named below the table; the others are counted."""


def runs(
    folder: Annotated[
        list[Path] | None,
        typer.Argument(help="Runs, or folders of runs; default: ./runs, ./rft and ./chats."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List runs: how far each is, what it took, and what it cost where its settings have prices.

    Ends with status 1 if files of a run are damaged or gone.
    """
    for named in folder or ():
        if named.is_file():
            raise RecordError(f"{named}: is a file; name a run, or a folder of runs")
        if not named.is_dir():
            noun = "is a file" if named.is_file() else "no such folder"
            raise RecordError(f"{named}: {noun}; name a run, or a folder of runs")
    found = list_runs(folder or [Path(name) for name in FOLDERS])
    if as_json:
        show_json(found)
    elif found:
        _show(found)
    else:
        places = ", ".join(str(place) for place in folder or FOLDERS)
        typer.echo(f"No run in {places}; `psychagent sample` makes one.")
    if not all(run.is_whole for run in found):
        raise typer.Exit(1)


def _show(found: Sequence[RunLine]) -> None:
    console = open_console()
    console.print(_table(found))
    for line in (line for run in found for line in _damages(run)):
        console.print(Text(line, style="red"), soft_wrap=True)


def _damages(run: RunLine) -> Iterator[str]:
    for broken in run.damaged[:_MOST_NAMED]:
        yield f"{run.path}/{broken.file}: {broken.reason}"
    more = len(run.damaged) - _MOST_NAMED
    if more > 0:
        yield f"{run.path}: {more} more are damaged; `psychagent runs --json` names them all"


def _table(found: Sequence[RunLine]) -> Table:
    table = Table(box=None)
    table.add_column("run", overflow="fold")
    for name in ("what", "state", "cases"):
        table.add_column(name)
    for name in ("calls", "tokens in", "tokens out", "cost"):
        table.add_column(name, justify="right")
    table.add_column("last written")
    for run in found:
        state = Text(_state(run), style=_STYLES.get(run.state, ""))
        numbers = (f"{number:,}" for number in (run.calls, run.prompt_tokens, run.completion_tokens))
        when = run.changed.astimezone().strftime("%Y-%m-%d %H:%M") if run.changed else ""
        table.add_row(
            escape(run.path),
            _kind(run),
            state,
            escape(run.note or _cases(run)),
            *numbers,
            escape(_cost(run)),
            when,
        )
    return table


def _state(run: RunLine) -> str:
    number = len(run.damaged)
    if not number:
        return run.state.value
    # a run that works may have damaged files, too
    names = dict.fromkeys((run.state, RunState.DAMAGED))
    return f"{', '.join(names)} ({number} file{'' if number == 1 else 's'})"


def _kind(run: RunLine) -> str:
    kind = run.kind.value if run.kind else ""
    return f"{kind}, script" if run.scripted else kind


def _cases(run: RunLine) -> str:
    cases = [f"{number} {status}" for status, number in run.cases.items() if number]
    lost = run.unscored
    cases += [f"{lost.any} of {lost.rollouts} rollouts lack scores"] if lost.any else []
    return ", ".join(cases)


def _cost(run: RunLine) -> str:
    return "–" if run.cost is None else f"{amount(run.cost)} {run.currency}"
