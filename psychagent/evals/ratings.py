"""Read the ratings of people and of a judge, for a comparison that is computed elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median_low
from typing import Any

from psychagent.domain.scores import ScaleResult, SessionScores
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.scales import read_scales
from psychagent.files.lines import read_lines
from psychagent.files.read import nearest, read_text
from psychagent.records.evaluation import EvalFolder
from psychagent.stats.ratings import Ratings, Unit

COLUMNS = ("rater", "dialogue", "dimension", "score", "system")
NEEDED = COLUMNS[:4]
JUDGE = "judge"
SCALE = "HUMAN_VS_LLM"


@dataclass(frozen=True)
class RatingTable:
    """Scores by rater and unit."""

    ratings: Ratings
    systems: Mapping[str, str] = field(default_factory=dict)
    """Dialogue -> the system that produced it, where known."""
    unrated: int = 0
    """Rows without a score."""
    unmatched: tuple[str, ...] = ()
    """Dialogues that people rated and the judge did not."""
    is_script: bool = False
    """Whether the judge is a script."""


def read_columns(text: str) -> dict[str, str]:
    """Read a mapping of columns such as `rater=annotator,score=points`.

    Raises:
        SettingsError: If a column is unknown or the text is no mapping.
    """
    mapping = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        ours, mark, theirs = (word.strip() for word in part.partition("="))
        if not mark or not theirs:
            raise SettingsError(f"--columns has {part!r}; write ours=theirs, such as rater=annotator")
        if ours not in COLUMNS:
            raise SettingsError(f"--columns has {ours!r}{nearest(ours, COLUMNS)}")
        mapping[ours] = theirs
    return mapping


def read_ratings(path: Path, columns: Mapping[str, str], levels: range) -> RatingTable:
    """Read a long table, one row per rater, dialogue and dimension: JSON lines or CSV.

    Args:
        path: A `.jsonl` or `.csv` file.
        columns: Our column name -> the file's, where they differ.
        levels: The allowed scores.

    Raises:
        RecordError: Naming the row and what is wrong with it.
    """
    ratings: dict[str, dict[Unit, int]] = {}
    systems: dict[str, str] = {}
    unrated = 0
    for place, row in _rows(path):
        where = f"{path}, row {place}"
        cells = {ours: row.get(columns.get(ours, ours)) for ours in COLUMNS}
        lacking = [columns.get(name, name) for name in NEEDED[:3] if cells[name] in (None, "")]
        if lacking:
            raise RecordError(f"{where}: has no {', '.join(lacking)}; name the columns with --columns")
        if cells["score"] in (None, ""):
            unrated += 1
            continue
        rater, dialogue, dimension = (str(cells[name]) for name in NEEDED[:3])
        scores = ratings.setdefault(rater, {})
        if (dialogue, dimension) in scores:
            raise RecordError(f"{where}: {rater} rates {dimension} of {dialogue} a second time; keep one row")
        scores[dialogue, dimension] = _to_score(cells["score"], levels, where)
        if cells["system"]:
            systems[dialogue] = str(cells["system"])
    if not ratings:
        raise RecordError(f"{path}: holds no rating")
    return RatingTable(ratings, systems, unrated)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix == ".csv":
        # a cell may hold line breaks, so the csv module must split the lines itself
        text = io.StringIO(read_text(path, RecordError), newline="")
        yield from enumerate(csv.DictReader(text), start=2)
        return
    for place, row in read_lines(path):
        if not isinstance(row, dict):
            raise RecordError(f"{path}, row {place}: is no object with columns; write one object a line")
        yield place, row


def _to_score(value: object, levels: range, where: str) -> int:
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if number not in levels:
        raise RecordError(f"{where}: score {value!r} is none of {levels[0]} to {levels[-1]}")
    return int(number)


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
    judge_scores: dict[Unit, int] = {}
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
    return RatingTable(
        ratings={**table.ratings, JUDGE: judge_scores},
        systems=systems,
        unrated=table.unrated,
        unmatched=tuple(sorted(wanted - matches)),
        is_script=any(scores.is_script for scores in sessions),
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
