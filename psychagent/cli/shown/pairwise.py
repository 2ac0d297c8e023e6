"""Print how systems rank against each other, what it rests on, and what it cost."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from psychagent.cli.shown.watch import usage_table
from psychagent.domain.script_note import NUMBERS_OF_SCRIPT
from psychagent.evals.pairwise.result import PairwiseResult
from psychagent.evals.pairwise.run import PairwiseRun
from psychagent.reports.page.blocks import percent
from psychagent.reports.pairwise.notes import notes_on, script_notes
from psychagent.reports.pairwise.sections import strength_table


def show_pairwise(run: PairwiseRun, result: PairwiseResult, console: Console) -> None:
    """Print each ranking, what it rests on, and what it cost."""
    for ranking in result.rankings:
        block = strength_table(ranking.respects[0])
        table = Table(title=f"{ranking.scale}, overall", title_justify="left")
        for column in block.header:
            table.add_column(column, justify="left" if column == "system" else "right")
        for row in block.rows:
            table.add_row(*map(escape, row))
        console.print(table)
        console.print(
            f"{ranking.flips} of {ranking.outcomes} outcomes flipped with the order, {ranking.wavered} had a "
            f"winner in one order alone; all count as ties. The longer session won "
            f"{percent(ranking.longer_share)} of {ranking.decided} decided comparisons.",
            highlight=False,
        )
    for one in result.lengths:
        console.print(
            f"{one.system}: {one.words:.0f} counselor's words a session, {one.turns:.1f} turns",
            highlight=False,
            markup=False,
        )
    for note in notes_on(run, result):
        console.print(f"Note: {note}", style="yellow", highlight=False, markup=False)
    if run.taken:
        console.print(f"Verdicts that were stored before and not asked for again: {run.taken:,}")
    console.print(usage_table(run.used, title="Calls and tokens", total=False))
    if script_notes(run):
        console.print(NUMBERS_OF_SCRIPT, style="yellow")
