"""Read a table of ours: a header with known columns, and cells that are text or nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from psychagent.errors import RecordError


def read_cells(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line number and its filled cells; a table that is not there has no rows.

    Raises:
        RecordError: If it lacks a column or cannot be read as a table.
    """
    if not path.exists():
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            there = reader.fieldnames or ()
            if lacking := [name for name in columns if name not in there]:
                raise RecordError(f"{path}: has no column {', '.join(lacking)}; evaluate again")
            for line in reader:
                cells = {name: value for name, value in line.items() if name is not None and value}
                yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordError(f"{path}: cannot be read as a table ({error}); evaluate again") from error
