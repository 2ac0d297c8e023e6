"""Read a table of ratings, whatever its form and layout, into scores by rater and unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median_low

from psychagent.domain.script_note import JUDGED_BY_SCRIPT, MADE_WITH_SCRIPT
from psychagent.domain.words.cut import cut
from psychagent.errors import RecordError
from psychagent.evals.ratings.cells import Cell, find_layout, to_cells
from psychagent.evals.ratings.columns import Columns
from psychagent.evals.ratings.names import drop_endings, show_name, to_name
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
    items: tuple[str, ...] = ()
    """Items that the judge scored, rated by people or not; empty without a judge."""
    repeats: Mapping[str, Mapping[Unit, tuple[float, ...]]] = field(default_factory=dict)
    """Rater -> all scores of what the rater rated more than once, in order; `ratings` has their median."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Dialogue -> hash of its words, where known."""
    silent: tuple[str, ...] = ()
    """Raters who stand in the table and gave no score."""
    is_script: bool = False
    """Whether the judge is a script."""
    spoken_by_script: bool = False
    """Whether a script played a role in what was rated, as far as that is known."""

    @property
    def script_notes(self) -> tuple[str, ...]:
        """Say where a script had a part; empty where none had."""
        parts = ((self.is_script, JUDGED_BY_SCRIPT), (self.spoken_by_script, MADE_WITH_SCRIPT))
        return tuple(note for had, note in parts if had)

    def levels_of(self, units: Iterable[Unit]) -> tuple[float, ...]:
        """Return the scores that some units share; empty where their dimensions differ in them."""
        shared = {self.levels[dimension] for _, dimension in units}
        return shared.pop() if len(shared) == 1 else ()


def read_ratings(
    path: Path,
    columns: Columns,
    ranges: Ranges,
    missing: frozenset[str] = frozenset(),
    *,
    repeats: bool = False,
) -> RatingTable:
    """Read the ratings of a file.

    Args:
        path: Separated values, JSON lines or JSON.
        columns: What a person says of the columns.
        ranges: The allowed scores.
        missing: What stands for no score, beside an empty cell and words like N/A, in lower case.
        repeats: Whether further scores of one rater for the same are repeats, without a column that says so.

    Raises:
        RecordError: Naming the row and what is wrong with it.
        SettingsError: If a column that a person named is not there.
    """
    rows = read_rows(path)
    if not rows:
        raise RecordError(
            f"{path}: holds no rating; give it a line of names, and a row below for each rating"
        )
    layout = find_layout(path, rows, columns)
    cells = _part_systems(_join_files(list(to_cells(path, rows, layout))))
    if repeats:
        cells = [cell._replace(repeat=f"{cell.repeat} {n}") for n, cell in enumerate(cells)]
    return replace(to_table(path, cells, ranges, missing), left_out=layout.left_out)


def to_table(
    path: Path, cells: Sequence[Cell], ranges: Ranges, missing: frozenset[str] = frozenset()
) -> RatingTable:
    """Put single ratings into a table.

    Raises:
        RecordError: Naming the row and what is wrong with it; the path stands before it.
        SettingsError: If a range is of no dimension.
    """
    rated = [cell for cell in cells if not is_missing(cell.value, missing)]
    if not rated:
        raise RecordError(f"{path}: holds no rating; every score is missing")
    ranges.check_names({cell.dimension for cell in cells})
    systems = _systems(path, rated)
    scores = _by_rater(path, rated, ranges)
    # the lower of two middle ones, which is a score that may be given
    ratings = {
        rater: {unit: median_low(given) for unit, given in units.items()} for rater, units in scores.items()
    }
    again = {
        rater: {unit: tuple(given) for unit, given in units.items() if len(given) > 1}
        for rater, units in scores.items()
    }
    return RatingTable(
        ratings,
        levels=_levels(ratings, ranges),
        systems=systems,
        unrated=len(cells) - len(rated),
        repeats={rater: units for rater, units in again.items() if units},
        silent=tuple(sorted({cell.rater for cell in cells} - ratings.keys())),
    )


def _part_systems(cells: Sequence[Cell]) -> list[Cell]:
    """Name dialogues of several systems apart, where one rater rated them for more than one system.

    A case is often named as the dialogue that each system held on it. Where no rater rated two systems under
    a name, it may as well be one system in two spellings.
    """
    by_rater: dict[tuple[str, str], set[str]] = {}
    for cell in cells:
        by_rater.setdefault((cell.rater, cell.dialogue), set()).add(cell.system)
    several = {dialogue for (_, dialogue), systems in by_rater.items() if len(systems - {""}) > 1}
    unnamed = {cell.dialogue for cell in cells if not cell.system}
    parted = several - unnamed
    return [
        cell._replace(dialogue=f"{cell.system}/{cell.dialogue}") if cell.dialogue in parted else cell
        for cell in cells
    ]


def _join_files(cells: Sequence[Cell]) -> list[Cell]:
    """Name a session that is named by its file and without its ending by one name."""
    ending = drop_endings(cell.dialogue for cell in cells)
    return [cell._replace(dialogue=ending.get(cell.dialogue, cell.dialogue)) for cell in cells]


def _by_rater(path: Path, cells: Iterable[Cell], ranges: Ranges) -> dict[str, dict[Unit, list[float]]]:
    ratings: dict[str, dict[Unit, list[float]]] = {}
    first: dict[tuple[str, ...], Cell] = {}
    for cell in cells:
        unit = (cell.dialogue, cell.dimension)
        before = first.setdefault((cell.rater, *unit, cell.repeat), cell)
        if before is not cell:
            rater, dialogue, dimension = map(show_name, (cell.rater, *unit))
            raise RecordError(
                f"{path}, {cell.place}: {rater} rates {dimension} of {dialogue} a second time, after "
                f"{before.place}{_spelled_apart(before, cell)}; keep one, or say --repeats if both are meant"
            )
        ratings.setdefault(cell.rater, {}).setdefault(unit, []).append(_to_score(cell, ranges, path))
    return ratings


def _spelled_apart(one: Cell, other: Cell) -> str:
    """Tell names apart that look the same, by their characters."""
    for names in zip(one.written, other.written, strict=True):
        if names[0] != names[1]:
            return f" (which has {show_name(ascii(names[0]))} for {show_name(ascii(names[1]))})"
    return ""


def _systems(path: Path, cells: Iterable[Cell]) -> dict[str, str]:
    systems: dict[str, Cell] = {}
    for cell in cells:
        before = systems.setdefault(cell.dialogue, cell) if cell.system else cell
        if before.system != cell.system:
            raise RecordError(
                f"{path}, {cell.place}: dialogue {show_name(cell.dialogue)} is of {show_name(cell.system)}, "
                f"in {before.place} of {show_name(before.system)}; name the dialogues of each system apart"
            )
    return {dialogue: cell.system for dialogue, cell in systems.items()}


def _to_score(cell: Cell, ranges: Ranges, path: Path) -> float:
    low, high = ranges.of(cell.dimension)
    shown, dimension = cut(to_name(cell.value), 40), show_name(cell.dimension)
    number = to_number(cell.value)
    if number is None or not ranges.allow(cell.dimension, number):
        raise RecordError(
            f"{path}, {cell.place}: score {shown!r} of {dimension} is none of {low:g} to "
            f"{high:g}; mend it, or say --ranges '{dimension}=LOW-HIGH', --missing {shown} "
            f"if it means none, --columns skip={dimension} if it is no score"
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
