"""Read a table of ours: a header with known columns, and cells that are text or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psychagent.domain.words.reading import why_no_table
from psychagent.errors import RecordError
from psychagent.files.opened import opened


@contextmanager
def opened_table(path: Path) -> Iterator[csv.DictReader[str]]:
    """Open a table with a header to read its rows; raises as `opened` does."""
    with opened(path, RecordError) as stream:
        yield csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))


def read_cells(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line number and its filled cells; a table that is not there has no rows.

    Raises:
        RecordError: If it lacks a column or cannot be read as a table.
    """
    if not path.exists():
        return
    try:
        with opened_table(path) as reader:
            there = reader.fieldnames or ()
            if lacking := [name for name in columns if name not in there]:
                raise RecordError(f"{path}: has no column {', '.join(lacking)}; evaluate again")
            for line in reader:
                cells = {name: value for name, value in line.items() if name is not None and value}
                yield reader.line_num, cells
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordError(
            f"{path}: cannot be read as a table ({why_no_table(error)}); evaluate again"
        ) from error
