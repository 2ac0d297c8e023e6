"""`psychagent experiment estimate`: what an experiment is expected to take, before anything is asked."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from psychagent.cli.experiment.plan import FileArgument, make_plan
from psychagent.cli.money.options import CacheOption, FirstOption, SpeedOption
from psychagent.cli.money.shown import FIRST_TOKEN_SEC, estimate_data, numbers_of, show_estimate_table
from psychagent.cli.options import JsonOption, finite
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.domain.words.money import amount
from psychagent.experiments.estimate import CellEstimate, ExperimentEstimate, estimate_experiment
from psychagent.runs.money.estimated import Estimate, Expected


def estimate(
    file: FileArgument,
    sessions: Annotated[
        float | None,
        typer.Option(min=1, callback=finite, help="Mean sessions of a course; default: the most."),
    ] = None,
    turns: Annotated[
        float | None,
        typer.Option(min=1, callback=finite, help="Mean counselor turns of a session; default: the most."),
    ] = None,
    prefix_cache: CacheOption = True,
    tokens_per_sec: SpeedOption = None,
    first_token_sec: FirstOption = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate what an experiment takes, as if it began anew: calls, tokens, money and hours, by cell."""
    expected = Expected(sessions=sessions, turns=turns, prefix_cache=prefix_cache)
    found = estimate_experiment(make_plan(file, None), expected)
    first = FIRST_TOKEN_SEC if first_token_sec is None else first_token_sec
    hours = None if tokens_per_sec is None else found.hours(tokens_per_sec, first)
    if as_json:
        show_json(_data(found, hours))
        return
    console = open_console(highlight=False)
    console.print(_cells(found))
    show_estimate_table(found.total, console, title="All of it")
    for sentence in _sentences(found, hours):
        console.print(sentence, soft_wrap=True, markup=False)


def _data(found: ExperimentEstimate, hours: float | None) -> dict[str, Any]:
    total = estimate_data(found.total)
    return {
        "name": found.name,
        "is_script": found.is_script,
        "cells": [
            {
                "system": cell.system,
                "seed": cell.seed,
                "courses": estimate_data(cell.courses),
                "scores": estimate_data(cell.scores),
                "total": cell.whole.total.model_dump(mode="json"),
                "cost": _cost(cell.whole),
            }
            for cell in found.cells
        ],
        "pairwise": estimate_data(found.pairs) if found.pairs else None,
        "lines": total["lines"],
        "money": total["money"],
        "total": total["total"],
        "cost": total["cost"],
        "hours": hours,
    }


def _cost(found: Estimate) -> float | None:
    return found.money.total if found.money.currency else None


def _cells(found: ExperimentEstimate) -> Table:
    table = Table(title=f"Estimate for {len(found.cells)} cells", title_justify="left")
    table.add_column("system", no_wrap=True)
    table.add_column("seed", justify="right")
    for name in ("calls", "prompt tokens", "of these cached", "completion tokens", "courses", "scores"):
        table.add_column(name, justify="right")
    for cell in found.cells:
        table.add_row(escape(cell.system), str(cell.seed), *numbers_of(cell.whole.total), *_costs(cell))
    if found.pairs:
        cost = escape(found.pairs.money.words() or "–")
        table.add_row("in pairs", "", *numbers_of(found.pairs.total), "", cost)
    return table


def _costs(cell: CellEstimate) -> list[str]:
    return [escape(part.money.words() or "–") for part in (cell.courses, cell.scores)]


def _sentences(found: ExperimentEstimate, hours: float | None) -> list[str]:
    money, said = found.total.money, []
    if money.currency:
        without = amount(money.total + money.saved)
        said.append(f"About {money.words()}; {without} if no prefix cache served anything.")
    elif money.unpriced:
        said.append(
            f"No price is given for {', '.join(money.unpriced)}, or two currencies; see docs/cost.md."
        )
    if found.is_script:
        said.append("A script costs nothing; its tokens here are what a model would take in its place.")
    if hours is not None:
        said.append(f"About {hours:,.1f} hours: courses, scores and pairs one behind the other.")
    said.append(
        "An estimate for replies of usual length, without retries: expect it within a third. Courses are "
        "taken as long as they may be unless --sessions and --turns say otherwise."
    )
    return said
