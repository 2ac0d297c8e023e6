"""Turn the rows of a table into single ratings: long, wide by dimension, wide by rater, or nested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from psychagent.domain.words.cut import cut
from psychagent.domain.words.value import as_text
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.ratings.columns import ALL_OTHERS, Columns, is_about_row
from psychagent.evals.ratings.names import list_names, to_name
from psychagent.evals.ratings.ranges import to_number
from psychagent.evals.ratings.rows import Row

ONE_RATER, ONE_DIMENSION = "rater", "score"
"""Names where a table gives none."""
_NAMED = ("rater", "dialogue", "dimension")
_MOST_COLUMNS = 24


class Cell(NamedTuple):
    """One rating as it stands in the table."""

    place: str
    rater: str
    dialogue: str
    dimension: str
    value: Any
    system: str
    written: tuple[str, ...] = ()
    """Rater, dialogue and dimension as the table spells them, where cells do."""
    repeat: str = ""
    """What tells a rater's repeats apart."""


@dataclass(frozen=True)
class Layout:
    """Which columns are which, and which hold scores."""

    columns: Mapping[str, str]
    scores: tuple[str, ...]
    """Of a wide table, the columns of scores; empty for a long one."""
    left_out: tuple[str, ...]
    """Columns of words, or that count and describe rows."""

    @property
    def score(self) -> str:
        """Of a long table, the column of scores."""
        return self.columns.get("score", "")

    @property
    def by_rater(self) -> bool:
        """Whether the columns of scores are raters, not dimensions."""
        return self.columns.get("rater") == ALL_OTHERS


def find_layout(path: Path, rows: Sequence[Row], columns: Columns) -> Layout:
    """See from a table's head, and from what its columns hold, how it is laid out.

    Raises:
        RecordError: If nothing names the dialogue, or there is no column of scores.
        SettingsError: If a column that a person named is not there.
    """
    head = dict.fromkeys(name for _, row in rows for name in row)
    try:
        found = columns.find(head)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
    there = f"its columns: {list_names([*head], _MOST_COLUMNS)}"
    if "dialogue" not in found:
        no_head = "put a line of names above it" if any(to_number(name) is not None for name in head) else ""
        raise RecordError(
            f"{path}: no column names the dialogue ({there}); {no_head or 'say --columns dialogue=NAME'}"
        )
    if "dimension" in found and not {"rater", "score"} & found.keys():
        found["rater"] = ALL_OTHERS
    if ALL_OTHERS in found.values():
        found.pop("score", None)
    if "score" in found:
        return Layout(found, (), ())
    others = [name for name in head if name not in {*found.values(), *columns.skip}]
    scores = tuple(
        name
        for name in others
        if not is_about_row(name) and any(_holds_score(row.get(name)) for _, row in rows)
    )
    words = tuple(name for name in others if name not in scores)
    is_full = {"rater", "dimension"} <= found.keys() and ALL_OTHERS not in found.values()
    if is_full and len(scores) == 1:
        return Layout({**found, "score": scores[0]}, (), words)
    if is_full or not scores:
        raise RecordError(f"{path}: no column holds the scores ({there}); say --columns score=NAME")
    return Layout(found, scores, words)


def _holds_score(value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds_score(part) for part in value)
    if isinstance(value, dict):
        return any(_holds_score(part) for part in value.values())
    return to_number(value) is not None


def to_cells(path: Path, rows: Sequence[Row], layout: Layout) -> Iterator[Cell]:
    """Yield every rating of a table.

    Raises:
        RecordError: Naming the row that lacks its rater, dialogue or dimension, or nests in another way.
    """
    named = {ours: name for ours, name in layout.columns.items() if name not in (ALL_OTHERS, layout.score)}
    axis = "rater" if layout.by_rater else "dimension"
    for place, row in rows:
        where = f"{path}, {place}"
        names = {ours: to_name(row.get(theirs)) for ours, theirs in named.items()}
        for ours in _NAMED:
            if names.get(ours) == "":
                raise RecordError(f"{where}: has no {named[ours]}; name the columns with --columns")
        written = tuple(as_text(row.get(named[ours])) for ours in _NAMED if ours in named)
        for name in layout.scores or (layout.score,):
            known = names | {axis: name} if layout.scores else names
            for one, value in _unnest(known, row.get(name), where):
                rater, dimension = one.get("rater", ONE_RATER), one.get("dimension", ONE_DIMENSION)
                system, repeat = one.get("system", ""), one.get("repeat", "")
                yield Cell(place, rater, one["dialogue"], dimension, value, system, written, repeat)


def _unnest(names: Mapping[str, str], value: Any, where: str) -> Iterator[tuple[Mapping[str, str], Any]]:
    """Part a cell that holds several scores: a list by raters in order, a mapping by its keys."""
    if not isinstance(value, list | dict):
        yield names, value
        return
    free = [name for name in ("rater", "dimension") if name not in names]
    if not free:
        raise RecordError(
            f"{where}: holds several scores of one rater on one dimension ({cut(as_text(value), 60)}); give "
            "one, or say --columns score=NAME if its keys are dimensions"
        )
    axis = free[0]
    if isinstance(value, dict):
        parts = [(to_name(name), part) for name, part in value.items()]
        # the keys of `scores: {Ethics: 4}` are dimensions, of `scores: {A: {Ethics: 4}}` raters first
        if len(free) == 2 and not all(isinstance(part, list | dict) for _, part in parts):
            axis = "dimension"
    else:
        parts = [(f"{axis} {n}", part) for n, part in enumerate(value, start=1)]
    for name, part in parts:
        yield from _unnest({**names, axis: name}, part, where)
