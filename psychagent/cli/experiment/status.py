"""`psychagent experiment status`: how far each cell is."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from psychagent.cli.experiment.plan import FileArgument, FolderOption, make_plan
from psychagent.cli.options import JsonOption
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.domain.script_note import NUMBERS_OF_SCRIPT
from psychagent.experiments.status import CellState, CellStatus, ExperimentStatus, experiment_status

_STYLES = {
    CellState.FAILED: "red",
    CellState.UNFINISHED: "yellow",
    CellState.HELD: "yellow",
    CellState.RUNNING: "cyan",
}


def status(file: FileArgument, save_dir: FolderOption = None, as_json: JsonOption = False) -> None:
    """List the cells of an experiment: how far each is, what it took, and what is missing."""
    found = experiment_status(make_plan(file, save_dir))
    if as_json:
        show_json(found)
    else:
        show_status(found, open_console())


def show_status(found: ExperimentStatus, console: Console) -> None:
    """Print the cells, and what a reader of a comparison has to know."""
    console.print(_table(found.cells))
    for cell in found.cells:
        if cell.note:
            _say(console, f"{cell.system}, seed {cell.seed}: {cell.note}", style="red")
    for note in found.notes:
        _say(console, f"Note: {note}", style="yellow")
    if found.earlier:
        _say(console, f"Of earlier settings, and left alone: {len(found.earlier)} cells")
    _say(console, f"Cells: {found.folder}")
    if found.is_script:
        _say(console, NUMBERS_OF_SCRIPT, style="yellow")


def _say(console: Console, text: str, *, style: str = "") -> None:
    console.print(text, style=style, soft_wrap=True, highlight=False, markup=False)


def _table(cells: tuple[CellStatus, ...]) -> Table:
    table = Table(box=None)
    table.add_column("system", no_wrap=True)
    table.add_column("seed", justify="right")
    table.add_column("state", no_wrap=True)
    for name in ("cases", "sessions", "judged", "calls", "tokens", "missing"):
        table.add_column(name, justify="right")
    for cell in cells:
        tokens = cell.prompt_tokens + cell.completion_tokens
        table.add_row(
            escape(cell.system),
            str(cell.seed),
            Text(cell.state.value, style=_STYLES.get(cell.state, "")),
            f"{cell.cases}/{cell.of_cases}",
            *(f"{number:,}" for number in (cell.sessions, cell.judged, cell.calls, tokens, cell.missing)),
        )
    return table
