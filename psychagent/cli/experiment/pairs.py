"""The comparison in pairs as a part of an experiment's report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.pairwise import show_pairwise
from psychagent.evals.pairwise.result import PairwiseResult, count_pairwise
from psychagent.evals.pairwise.run import PairwiseRun
from psychagent.experiments.pairs import read_pairs
from psychagent.experiments.plan import ExperimentPlan, find_cells
from psychagent.reports.pairwise.write import to_data, write_pairwise


@dataclass(frozen=True)
class Pairs:
    """A comparison in pairs that was written."""

    run: PairwiseRun
    result: PairwiseResult
    page: Path
    data: Mapping[str, Any]


def write_pairs(plan: ExperimentPlan, folder: Path) -> Pairs | None:
    """Write what was compared so far beside the report; None where nothing was.

    Raises:
        SettingsError, RecordError: If it cannot be read or written.
    """
    run = asyncio.run(read_pairs(plan, find_cells(plan))) if plan.settings.pairwise else None
    if run is None:
        return None
    result = count_pairwise(run)
    paths = write_pairwise(run, result, folder)
    pages = dict(zip(("html", "markdown", "json"), map(str, paths), strict=True))
    return Pairs(run, result, paths[0], {**to_data(run, result), **pages})


def show_pairs(pairs: Pairs) -> None:
    """Print the rankings, and where their page is."""
    console = open_console()
    show_pairwise(pairs.run, pairs.result, console)
    console.print(f"Report: {pairs.page}", soft_wrap=True, highlight=False, markup=False)
