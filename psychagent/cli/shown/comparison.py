"""Print a comparison of systems: the four numbers, the differences, and what speaks against reading them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer
from rich.console import Console
from rich.table import Table

from psychagent.cli.shown.console import open_console
from psychagent.domain.script_note import NUMBERS_OF_SCRIPT
from psychagent.reports.comparison.material import Material
from psychagent.reports.comparison.sections import mismatch_lines
from psychagent.reports.comparison.write import Compared
from psychagent.reports.evaluation.sections import NO_PAPER
from psychagent.reports.page.blocks import NONE, count, interval, number, p_value, signed
from psychagent.stats.panels import PANELS


def show_compared(written: Compared) -> None:
    """Print a comparison in a screenful or two, and where its report is."""
    console, material = open_console(highlight=False), written.material
    for title in material.tables:
        _show_numbers(material, title, console)
    _show_differences(material, console)
    for line in mismatch_lines(material):
        console.print(f"Note: {line}", style="yellow", markup=False)
    if material.is_script:
        if material.published:
            typer.echo(NO_PAPER)
        typer.secho(NUMBERS_OF_SCRIPT, fg="yellow")
    for label, path in zip(
        ("Report:", "", ""), (written.page.html, written.page.markdown, written.json), strict=True
    ):
        typer.echo(f"{label:<7} {path}")


def _show_numbers(material: Material, title: str, console: Console) -> None:
    """Print the four numbers of a table's systems, and the rank of each beside it."""
    grid = _grid(f"{title}: mean (rank)", "system", ("cases", *(panel.label for panel in PANELS)))
    rankings = material.contest.rankings[title]
    for name in material.tables[title]:
        standing = material.contest.standings[name]
        cells = []
        for panel in PANELS:
            rank = rankings[panel].ranks.get(name)
            mean = number(standing.estimates.panels[panel].value.mean)
            cells.append(f"{mean} ({rank.rank:g})" if rank else mean)
        _add(grid, name, count(standing.conduct.cases), *cells)
    for model, values in material.paper.items() if title == next(iter(material.tables)) else ():
        _add(grid, f"Paper: {model}", NONE, *(number(values.get(p)) for p in PANELS), style="dim")
    console.print(grid)
    for panel in PANELS:
        if test := rankings[panel].friedman:
            p = p_value(test.p)
            p = p if p.startswith("<") else f"= {p}"
            words = f"χ² = {number(test.statistic)}, p {p}, W = {number(test.w)}"
            console.print(f"Friedman, {panel.label.lower()}: {words}, over {test.cases} cases", markup=False)


def _show_differences(material: Material, console: Console) -> None:
    contest = material.contest
    pairs = [(name, panel, c) for name, found in contest.contrasts.items() for panel, c in found.items()]
    if not any(contrast.cases for *_, contrast in pairs):
        console.print("No case stands in two of them with a score: nothing can be compared.")
        return
    title = f"Less {contest.reference}, paired by case"
    grid = _grid(title, "system", ("number", "cases", "difference", "interval", "p (Holm)"))
    last = ""
    for name, panel, c in pairs:
        between = interval(c.low, c.high, sign=True)
        is_sure = c.p_holm is not None and c.p_holm < 0.05
        cells = (panel.label, str(c.cases), signed(c.difference), between, p_value(c.p_holm))
        _add(grid, name if name != last else "", *cells, style="bold" if is_sure else "")
        last = name
    console.print(grid)


def _grid(title: str, first: str, columns: Iterable[str]) -> Table:
    grid = Table(title=title, title_justify="left")
    grid.add_column(first, overflow="fold")
    for name in columns:
        grid.add_column(name, justify="left" if name == "number" else "right")
    return grid


def _add(grid: Table, *cells: str, style: str = "") -> None:
    # a name may look like markup
    plain: Sequence[str] = [cell.replace("[", "\\[") for cell in cells]
    grid.add_row(*plain, style=style)
