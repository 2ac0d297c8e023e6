"""Write the report on a comparison in pairs: a page in two forms, and every number as data."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from psychagent.evals.pairwise.result import PairwiseResult
from psychagent.evals.pairwise.run import PairwiseRun
from psychagent.files.write import write_json
from psychagent.reports.page.write import write_page
from psychagent.reports.pairwise.notes import notes_on, script_notes
from psychagent.reports.pairwise.sections import pairwise_blocks

NAME = "pairwise"


def write_pairwise(run: PairwiseRun, result: PairwiseResult, folder: Path) -> list[Path]:
    """Write pairwise.html, .md and .json.

    Raises:
        RecordError: If a file cannot be written.
    """
    page = write_page(folder, NAME, "PsychAgent: systems compared in pairs", pairwise_blocks(run, result))
    data = folder / f"{NAME}.json"
    write_json(data, to_data(run, result))
    return [page.html, page.markdown, data]


def to_data(run: PairwiseRun, result: PairwiseResult) -> dict[str, Any]:
    """Write the numbers as data."""
    return {
        "systems": [system.name for system in run.systems],
        "judge_model": run.judge_model,
        "judged_by_script": run.is_script,
        "made_with_script": bool(script_notes(run)),
        "notes": [*script_notes(run), *notes_on(run, result)],
        "rankings": {ranking.scale: _plain(asdict(ranking)) for ranking in result.rankings},
        "lengths": [one._asdict() for one in result.lengths],
        "lacking": [{"where": where, "why": why} for where, why in run.lacking],
        "verdicts_taken": run.taken,
        "usage": run.used.model_dump(mode="json"),
    }


def _plain(ranking: dict[str, Any]) -> dict[str, Any]:
    ranking.pop("scale")
    return ranking
