"""`psychagent skills bench`: measure retrieval on gold moments."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from psychagent.cli.settings import SkillSettings, read_skill_settings
from psychagent.cli.shown.console import open_console
from psychagent.domain.base import Language
from psychagent.errors import SettingsError
from psychagent.flows.build import open_embedder
from psychagent.flows.live import Live, open_live
from psychagent.safety.rules import load_rules
from psychagent.skills.bench.gold import Moment, Rewrite, gold_file, load_gold, load_rewrites, rewrites_file
from psychagent.skills.bench.measure import HALVES, Row, run_bench
from psychagent.skills.bench.showing import WAYS, Showing, halves, show_all, summarize
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import DEFAULT_METHOD, resolve_floor, resolve_method
from psychagent.skills.store import SkillStore


def bench(
    gold: Annotated[Path | None, typer.Option(help="Gold moments; default: the bundled sets.")] = None,
    language: Annotated[list[Language] | None, typer.Option(help="Default: both.")] = None,
    baseline: Annotated[
        list[Path] | None,
        typer.Option("--baseline", help="Baselines whose embedder to measure; repeatable."),
    ] = None,
) -> None:
    """Measure on gold moments how well skills are ranked, and what a turn shows of them."""
    if gold and (not language or len(language) != 1):
        raise SettingsError("--gold needs one --language, the language of its moments")
    settings = [read_skill_settings(path) for path in (baseline or (None,))]

    async def measure() -> None:
        for one in dict.fromkeys(language or Language):
            result = await _bench(one, gold, settings)
            open_console().print(bench_table(one, result.moments, result.rows))
            if result.showings:
                open_console().print(shown_table(one, result.moments, result.showings))

    asyncio.run(measure())


@dataclass(frozen=True)
class Result:
    """What the bench measured in one language."""

    moments: tuple[Moment, ...]
    rows: list[Row]
    showings: dict[str, tuple[Showing, Showing]]
    """By way, on the halves; empty without rewrites."""


async def _bench(language: Language, gold: Path | None, settings: list[SkillSettings]) -> Result:
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
        rows = await run_bench(words, embedders, moments, rewrites)
        showings = await _showings(settings[0], library, live, moments, rewrites) if rewrites else {}
        return Result(moments, rows, showings)


async def _showings(
    settings: SkillSettings,
    library: SkillLibrary,
    live: Live,
    moments: Sequence[Moment],
    rewrites: Mapping[str, Rewrite],
) -> dict[str, tuple[Showing, Showing]]:
    """Measure what a turn shows under the first baseline's ranking and floor."""
    language = library.language
    method = resolve_method(language, settings.method)
    embedder = None if method == "lexical" else open_embedder(settings.embedding, live)
    bundled = settings.embedding.provider == "minilm"
    floor = resolve_floor(language, method, settings.floor, rewritten=True, bundled=bundled)
    rules = load_rules(language)

    def voices(text: str) -> bool:
        return rules.voices(text, judged=True)

    showings = {}
    for way in WAYS:
        store = SkillStore(
            library,
            embedder=embedder,
            method=method,
            stages=way.stages,
            floor=floor,
            cache_dir=settings.cache_dir,
        )
        tuning, held_out = halves(await show_all(store, way, moments, rewrites, voices))
        showings[way.name] = (summarize(tuning), summarize(held_out))
    return showings


def shown_table(
    language: Language, moments: Sequence[Moment], showings: Mapping[str, tuple[Showing, Showing]]
) -> Table:
    """Tabulate what a turn shows: each figure on the tuning and on the held-out half."""
    quiet = sum(not moment.skills for moment in moments)
    table = Table(
        title=f"{language}: what a turn shows (rewrite, default ranking), tuning / held out; "
        f"{len(moments) - quiet} moments and {quiet} at which nothing fits",
        box=None,
    )
    names = (
        "gold\nshown",
        "share of\ngold",
        "skills\nshown",
        "none, one,\ntwo, three, ...",
        "risk without\ndanger",
        "nothing fits:\nempty",
        "skills\nshown",
        "of stage\nbefore",
        "gold shown a\nstage late",
    )
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for way, (tuning, held_out) in showings.items():
        pairs = list(zip(_figures(tuning), _figures(held_out), strict=True))
        cells = [f"{one} / {other}" for one, other in pairs]
        # a distribution is too long to stand twice in a row
        cells[3] = "\n".join(pairs[3])
        table.add_row(way, *cells)
    return table


def _figures(showing: Showing) -> list[str]:
    sizes = " ".join(f"{share:.2f}".removeprefix("0") for share in showing.sizes)
    return [
        f"{showing.hit:.3f}",
        f"{showing.recall:.3f}",
        f"{showing.mean:.2f}",
        sizes,
        f"{showing.risk:.2f}",
        f"{showing.quiet_empty:.2f}",
        f"{showing.quiet_mean:.2f}",
        f"{showing.earlier:.2f}",
        f"{showing.late:.2f}",
    ]


def bench_table(language: Language, moments: tuple[Moment, ...], rows: list[Row]) -> Table:
    """Tabulate the rows of a bench, grouped by query."""
    fitting = sum(bool(moment.skills) for moment in moments)
    table = Table(
        title=f"{language}: {fitting} moments, recall@5 and mean reciprocal rank",
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
