"""`psychagent skills bench`: measure retrieval on gold moments."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from psychagent.cli.settings import SkillSettings, read_skill_settings
from psychagent.domain.base import Language
from psychagent.errors import SettingsError
from psychagent.flows.build import open_embedder
from psychagent.flows.live import open_live
from psychagent.skills.bench.gold import Moment, gold_file, load_gold, load_rewrites, rewrites_file
from psychagent.skills.bench.measure import HALVES, Row, run_bench
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import DEFAULT_METHOD
from psychagent.skills.store import SkillStore


def bench(
    gold: Annotated[Path | None, typer.Option(help="Gold moments; default: the bundled sets.")] = None,
    language: Annotated[list[Language] | None, typer.Option(help="Default: both.")] = None,
    baseline: Annotated[
        list[Path] | None,
        typer.Option("--baseline", help="Baselines whose embedder to measure; repeatable."),
    ] = None,
) -> None:
    """Measure retrieval on gold moments: recall@5, mean reciprocal rank and time of each ranking."""
    if gold and (not language or len(language) != 1):
        raise SettingsError("--gold needs one --language, the language of its moments")
    settings = [read_skill_settings(path) for path in (baseline or (None,))]

    async def measure() -> None:
        for one in language or list(Language):
            moments, rows = await _bench(one, gold, settings)
            Console().print(bench_table(one, moments, rows))

    asyncio.run(measure())


async def _bench(
    language: Language, gold: Path | None, settings: list[SkillSettings]
) -> tuple[tuple[Moment, ...], list[Row]]:
    library = SkillLibrary(language, settings[0].root)
    path = gold or gold_file(language)
    moments = load_gold(path, library)
    async with open_live(os.environ) as live:
        embedders = {}
        for one in settings:
            embedder = open_embedder(one.embedding, live)
            store = SkillStore(library, embedder=embedder, method="fusion", cache_dir=one.cache_dir)
            embedders[embedder.name] = (embedder, store)
        words = SkillStore(library, embedder=None, method="lexical")
        rewrites = load_rewrites(rewrites_file(path), moments)
        return moments, await run_bench(words, embedders, moments, rewrites)


def bench_table(language: Language, moments: tuple[Moment, ...], rows: list[Row]) -> Table:
    """Tabulate the rows of a bench, grouped by query."""
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
