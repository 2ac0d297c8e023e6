"""Add a judge's scores to a table of ratings, as one more rater."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median_low

from psychagent.domain.scores import ScaleResult, SessionScores
from psychagent.errors import RecordError
from psychagent.evals.ratings.table import RatingTable
from psychagent.evals.scales import read_scales
from psychagent.records.evaluation import EvalFolder
from psychagent.stats.ratings import Unit

JUDGE = "judge"
SCALE = "HUMAN_VS_LLM"


def add_judge(table: RatingTable, folder: Path, scale: str = SCALE) -> RatingTable:
    """Add the judge's item scores as one more rater.

    The ratings name a dialogue by the path of its scores, `<modality>/<case_id>/session_<k>`, or by
    the file that was judged.

    Raises:
        RecordError: If the evaluation lacks the scale, its scores were given on another version of it,
            or no dialogue is in both.
    """
    if JUDGE in table.ratings:
        raise RecordError(f"a rater is called {JUDGE!r}, which names the model's scores; rename the rater")
    sessions = [scores for scores in EvalFolder(folder).sessions() if scale in scores.scales]
    if not sessions:
        raise RecordError(
            f"{folder}: no session was judged on {scale}; run `psychagent eval --methods {scale}`"
        )
    read_scales(folder, ((scale, scores.scales[scale].hash) for scores in sessions))
    wanted = {dialogue for scores in table.ratings.values() for dialogue, _ in scores}
    dimensions = {dimension for scores in table.ratings.values() for _, dimension in scores}
    judge_scores: dict[Unit, float] = {}
    systems = dict(table.systems)
    matches: set[str] = set()
    for scores in sessions:
        for dialogue in _names(scores) & wanted:
            matches.add(dialogue)
            judge_scores |= {
                (dialogue, d): s for d, s in _item_scores(scores.scales[scale]).items() if d in dimensions
            }
            if scores.baseline:
                systems.setdefault(dialogue, scores.baseline)
    if not judge_scores:
        raise RecordError(_why_unmatched(folder, min(wanted), min(_names(sessions[0]))))
    _check_range(table, judge_scores, scale)
    return replace(
        table,
        ratings={**table.ratings, JUDGE: judge_scores},
        systems=systems,
        unmatched=tuple(sorted(wanted - matches)),
        is_script=any(scores.is_script for scores in sessions),
    )


def _check_range(table: RatingTable, scores: Mapping[Unit, float], scale: str) -> None:
    """Refuse a judge that scores on another range than people: no kappa is about both.

    Raises:
        RecordError: Naming the first such score.
    """
    for (_, dimension), score in scores.items():
        levels = table.levels[dimension]
        if score not in levels:
            raise RecordError(
                f"the judge gives {score:g} on {dimension} of {scale}, the ratings range from {levels[0]:g} "
                f"to {levels[-1]:g}; compare people and judge on one range"
            )


def _why_unmatched(folder: Path, theirs: str, ours: str) -> str:
    return (
        f"{folder}: judged no dialogue and dimension of the ratings (they name {theirs!r}, the evaluation "
        f"{ours!r}); name dialogues <modality>/<case_id>/session_<k>"
    )


def _names(scores: SessionScores) -> set[str]:
    place = f"{scores.modality.value}/{scores.case_id}/session_{scores.session_index}"
    source = {scores.source_file, scores.source_file.removesuffix(".json")} if scores.source_file else set()
    return {place, f"{place}.json", *source}


def _item_scores(result: ScaleResult) -> dict[str, int]:
    """Return the median of each item's repeats; the lower of two middle ones, which is a valid score."""
    by_item: dict[str, list[int]] = {}
    for item in result.items:
        by_item.setdefault(item.id, []).append(item.raw)
    return {item: median_low(scores) for item, scores in by_item.items()}
