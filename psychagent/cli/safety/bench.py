"""`psychagent safety bench`: how much danger the gate hears on labelled turns, beside its goals."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.table import Table

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.cli.given.effect import Needs, Unless
from psychagent.cli.shown.console import open_console
from psychagent.domain.base import Language, Record
from psychagent.errors import SettingsError
from psychagent.evals.gate.ask import Asked, by_rules, prompt_hash, with_model
from psychagent.evals.gate.gold import GoldTurn, Half, load_gold
from psychagent.evals.gate.measure import GateRate, Levels, by_kind, measure
from psychagent.flows.build import build_deps
from psychagent.flows.live import open_live
from psychagent.nodes.deps import Deps
from psychagent.safety.rules import load_rules

NOT_MEASURED = "not measured"


class ModelNote(Record):
    """Which model was measured, and what asking it took."""

    model: str
    prompt_hash: str
    asked: int
    failed: int
    prompt_tokens: int
    completion_tokens: int


class BenchResult(Record):
    """Rates of one language and half."""

    language: Language
    half: Half
    turns: int
    rules_hash: str
    rules: tuple[GateRate, ...]
    model: tuple[GateRate, ...] = ()
    """Empty where no model was measured."""
    note: ModelNote | None = None
    kinds: dict[str, tuple[int, int]]
    """`level kind` -> turns found by the rules, of how many."""


def bench(
    language: Annotated[list[Language] | None, typer.Option(help="Language; both by default.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Baseline whose `safety.endpoint` is measured; without one, no model.")
    ] = None,
    half: Annotated[
        Half, typer.Option(help="Which turns; the rules were written before `tuning`.")
    ] = Half.HELD_OUT,
    every: Annotated[
        int, typer.Option(min=1, help="Ask a model about every n-th turn only."), Needs("baseline")
    ] = 1,
    misses: Annotated[
        bool, typer.Option("--misses", help="List the turns that the rules got wrong."), Unless("as_json")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure on labelled turns how much danger the gate hears, and how often it is wrong."""
    settings = load_settings(BaselineSettings, baseline) if baseline else None
    if settings and settings.safety.endpoint is None:
        raise SettingsError(
            f"{baseline}: names no model under 'safety.endpoint'; add one, or leave --baseline out"
        )
    for one in dict.fromkeys(language or Language):
        turns = [turn for turn in load_gold(one) if turn.half is half]
        result = asyncio.run(_measure(one, half, turns, settings, every))
        if as_json:
            typer.echo(result.model_dump_json(indent=2))
            continue
        open_console().print(*tables(result), sep="\n")
        if misses:
            _print_misses(turns, by_rules(turns, load_rules(one)))


class _Model(NamedTuple):
    asked: Asked
    note: ModelNote


async def _measure(
    language: Language, half: Half, turns: Sequence[GoldTurn], settings: BaselineSettings | None, every: int
) -> BenchResult:
    rules = load_rules(language)
    levels = by_rules(turns, rules)
    model = await _ask(settings, language, turns[::every]) if settings else None
    return BenchResult(
        language=language,
        half=half,
        turns=len(turns),
        rules_hash=rules.digest,
        rules=measure(turns, levels, with_model=False),
        model=measure(turns, model.asked.levels, with_model=True) if model else (),
        note=model.note if model else None,
        kinds={f"{level} {kind}": counts for (level, kind), counts in by_kind(turns, levels).items()},
    )


async def _ask(settings: BaselineSettings, language: Language, turns: Sequence[GoldTurn]) -> _Model:
    async with open_live(os.environ) as live:
        deps: Deps = build_deps(settings, RuntimeSettings(), live)
        asked = await with_model(deps, language, turns)
        spent = asked.usage.total()
        endpoint = settings.safety.endpoint
        assert endpoint is not None, "checked before the first call"
        note = ModelNote(
            model=endpoint.model,
            prompt_hash=prompt_hash(deps, language),
            asked=asked.asked,
            failed=asked.failed,
            prompt_tokens=spent.prompt_tokens,
            completion_tokens=spent.completion_tokens,
        )
        return _Model(asked, note)


def tables(result: BenchResult) -> list[Table]:
    """Draw the rates of one language: rules alone, with a model, and the goals."""
    title = (
        f"Safety gate, {result.language.value}, {result.half.value.replace('_', ' ')}: {result.turns} turns"
    )
    table = Table(title=title, caption=_caption(result), title_justify="left", caption_justify="left")
    for name in ("", "rules alone", "goal", "with a model", "goal"):
        table.add_column(name, justify="left" if not name else "right")
    model = {rate.name: rate for rate in result.model}
    for rate in result.rules:
        table.add_row(rate.name, *_cells(rate), *(_cells(model[rate.name]) if model else (NOT_MEASURED, "")))
    kinds = Table(title="Danger found by the rules, by level and kind", title_justify="left")
    for name in ("level", "kind", "found", "of"):
        kinds.add_column(name, justify="left" if name == "kind" else "right")
    for name, (count, of) in _rows(result.kinds):
        level, kind = name.split(" ", 1)
        kinds.add_row(level, kind, str(count), str(of))
    return [table, kinds]


def _rows(kinds: Mapping[str, tuple[int, int]]) -> list[tuple[str, tuple[int, int]]]:
    return sorted(kinds.items(), key=lambda row: (-int(row[0][0]), row[0]))


def _cells(rate: GateRate) -> tuple[str, str]:
    if rate.share is None or rate.low is None or rate.high is None:
        return "no turn", ""
    shown = f"{rate.share:.3f} [{rate.low:.3f}, {rate.high:.3f}] {rate.count}/{rate.of}"
    if rate.goal is None:
        return shown, ""
    return shown, f"{'≤' if rate.is_most else '≥'} {rate.goal:g} {'✓' if rate.met else '✗'}"


def _caption(result: BenchResult) -> str:
    asked = "model: not measured; name a baseline with 'safety.endpoint'"
    if note := result.note:
        asked = (
            f"model {note.model}, prompt {note.prompt_hash[:12]}: asked {note.asked} times, no usable answer "
            f"{note.failed} times, {note.prompt_tokens} + {note.completion_tokens} tokens"
        )
    return f"95 % intervals (Wilson); rules {result.rules_hash[:12]}; {asked}"


def _print_misses(turns: Sequence[GoldTurn], levels: Levels) -> None:
    for turn in turns:
        found = levels[turn.id].level
        if found < turn.level or (turn.level == 0 and found > turn.may_be):
            typer.echo(f"{turn.id}: {found} for {turn.level}: {turn.text}")
