"""The table of `psychagent skills bench`; imported by the command's body alone, since it needs faiss."""

from __future__ import annotations

from rich.table import Table

from psychagent.domain.base import Language
from psychagent.skills.bench.gold import Moment
from psychagent.skills.bench.measure import HALVES, Row
from psychagent.skills.store import DEFAULT_METHOD


def bench_table(language: Language, moments: tuple[Moment, ...], rows: list[Row]) -> Table:
    """Put the rows of a bench into a table, query by query."""
    table = Table(
        title=f"{language}: {len(moments)} moments, recall@5 and mean reciprocal rank",
        caption=f"default ranking of {language}: {DEFAULT_METHOD[language]}",
        box=None,
    )
    table.add_column("query")
    table.add_column("ranking")
    for name in (*(f"{what}\n{half}" for half in HALVES for what in ("recall@5", "MRR")), "ms a\nquery"):
        table.add_column(name, justify="right")
    before = ""
    for row in rows:
        if row.query != before:
            table.add_section()
        cells = [f"{value:.3f}" for half in row.halves for value in (half.recall, half.mrr)]
        table.add_row(row.query if row.query != before else "", row.ranking, *cells, _ms(row.ms))
        before = row.query
    return table


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
