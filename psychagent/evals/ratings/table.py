"""Read a table of ratings, whatever its form and layout, into scores by rater and unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from psychagent.errors import RecordError
from psychagent.evals.ratings.cells import Cell, find_layout, to_cells
from psychagent.evals.ratings.columns import Columns
from psychagent.evals.ratings.ranges import Ranges, is_missing, to_number
from psychagent.evals.ratings.rows import read_rows
from psychagent.stats.ratings import Ratings, Unit


@dataclass(frozen=True)
class RatingTable:
    """Scores by rater and unit."""

    ratings: Ratings
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Dimension -> the scores that may be given, in order."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """Dialogue -> the system that produced it, where known."""
    unrated: int = 0
    """Ratings without a score."""
    left_out: tuple[str, ...] = ()
    """Columns that hold no scores."""
    unmatched: tuple[str, ...] = ()
    """Dialogues that people rated and the judge did not."""
    is_script: bool = False
    """Whether the judge is a script."""

    def levels_of(self, units: Iterable[Unit]) -> tuple[float, ...]:
        """Return the scores that some units share; empty where their dimensions differ in them."""
        shared = {self.levels[dimension] for _, dimension in units}
        return shared.pop() if len(shared) == 1 else ()


def read_ratings(
    path: Path, columns: Columns, ranges: Ranges, missing: frozenset[str] = frozenset()
) -> RatingTable:
    """Read the ratings of a file.

    Args:
        path: Separated values, JSON lines or JSON.
        columns: What a person says of the columns.
        ranges: The allowed scores.
        missing: What stands for no score, beside an empty cell and words like N/A, in lower case.

    Raises:
        RecordError: Naming the row and what is wrong with it.
        SettingsError: If a column that a person named is not there.
    """
    rows = read_rows(path)
    if not rows:
        raise RecordError(f"{path}: holds no rating")
    layout = find_layout(path, rows, columns)
    cells = list(to_cells(path, rows, layout))
    rated = [cell for cell in cells if not is_missing(cell.value, missing)]
    ratings: dict[str, dict[Unit, float]] = {}
    for cell in rated:
        scores, unit = ratings.setdefault(cell.rater, {}), (cell.dialogue, cell.dimension)
        if unit in scores:
            raise RecordError(
                f"{path}, row {cell.row}: {cell.rater} rates {cell.dimension} of {cell.dialogue} "
                "a second time; keep one row"
            )
        scores[unit] = _to_score(cell, ranges, path)
    if not ratings:
        raise RecordError(f"{path}: holds no rating")
    return RatingTable(
        ratings,
        levels=_levels(ratings, ranges),
        systems={cell.dialogue: cell.system for cell in rated if cell.system},
        unrated=len(cells) - len(rated),
        left_out=layout.left_out,
    )


def _to_score(cell: Cell, ranges: Ranges, path: Path) -> float:
    low, high = ranges.of(cell.dimension)
    shown = " ".join(str(cell.value).split())[:40]
    number = to_number(cell.value)
    if number is None or not ranges.allow(cell.dimension, number):
        raise RecordError(
            f"{path}, row {cell.row}: score {shown!r} of {cell.dimension} is none of {low:g} to "
            f"{high:g}; mend it, or say --ranges '{cell.dimension}=LOW-HIGH', --missing {shown} "
            f"if it means none, --columns skip={cell.dimension} if it is no score"
        )
    return number


def _levels(ratings: Ratings, ranges: Ranges) -> dict[str, tuple[float, ...]]:
    """List the scores that each dimension may have; in half points where anybody gave one, on any of them."""
    given = {(dimension, score) for scores in ratings.values() for (_, dimension), score in scores.items()}
    names = sorted({name for name, _ in given})
    whole = {name: ranges.levels(name, halves=False) for name in names}
    if all(score in whole[name] for name, score in given):
        return whole
    return {name: ranges.levels(name, halves=True) for name in names}
