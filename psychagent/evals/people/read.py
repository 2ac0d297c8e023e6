"""Read what raters filled in, with the key of their tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import RecordError
from psychagent.evals.people.key import KEY, RATINGS, KeyedTask, TaskKey, load_key
from psychagent.evals.ratings.cells import Cell
from psychagent.evals.ratings.names import to_name
from psychagent.evals.ratings.ranges import Ranges
from psychagent.evals.ratings.rows import read_rows
from psychagent.evals.ratings.table import RatingTable, to_table

_COLUMNS = ("task", "dimension", "score")


def is_pack(path: Path) -> bool:
    """Return whether a path is the folder of a pack, or its key."""
    return (path / KEY).is_file() if path.is_dir() else path.name == KEY


def read_pack(path: Path, missing: frozenset[str] = frozenset()) -> RatingTable:
    """Read the ratings of all raters of a pack; a task that a rater saw twice is a repeat.

    Args:
        path: The folder, or its key.
        missing: What stands for no score.

    Raises:
        RecordError: Naming the file, the row and what is wrong with it.
    """
    folder = path if path.is_dir() else path.parent
    key = load_key(folder / KEY)
    cells = [cell for rater, tasks in key.raters.items() for cell in _cells(folder, rater, tasks, key)]
    table = to_table(folder, cells, Ranges(key.low, key.high), missing)
    hashes = {task.dialogue: task.input_hash for tasks in key.raters.values() for task in tasks.values()}
    return replace(table, hashes=hashes, spoken_by_script=key.is_script)


def _cells(folder: Path, rater: str, tasks: Mapping[str, KeyedTask], key: TaskKey) -> Iterator[Cell]:
    path = folder / rater / RATINGS
    for place, row in read_rows(path):
        where = f"{path}, {place}"
        names = {name.strip().lower(): name for name in row}
        if lacking := [name for name in _COLUMNS if name not in names]:
            raise RecordError(f"{where}: has no column {lacking[0]!r}; keep the first line as it was packed")
        task, dimension, score = (row[names[name]] for name in _COLUMNS)
        task, dimension = to_name(task), to_name(dimension)
        if task not in tasks:
            raise RecordError(f"{where}: {shown(task)} is no task of {rater}{nearest(task, tasks)}")
        if dimension not in key.dimensions:
            raise RecordError(
                f"{where}: {shown(dimension)} is no dimension{nearest(dimension, key.dimensions)}"
            )
        keyed = tasks[task]
        yield Cell(
            f"{rater}/{RATINGS}, {place}",
            rater,
            keyed.dialogue,
            dimension,
            score,
            keyed.system,
            (rater, task, dimension),
            repeat=task,
        )
