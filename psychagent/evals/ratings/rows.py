"""Read the rows of a table, whatever its form: separated values, JSON lines or JSON."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from psychagent.domain.words.reading import why_no_table
from psychagent.errors import RecordError
from psychagent.evals.ratings.names import show_name, to_name
from psychagent.files.kind import followed, other_kind
from psychagent.files.lines import read_lines
from psychagent.files.parse import NestingError, parse_json
from psychagent.files.read import read_text

Row = tuple[str, Mapping[str, Any]]
"""Where a row stands in its file, as a person counts, and its cells by the names of their columns."""
_SEPARATORS = "\t;,|"
_SHEETS = {".xlsx", ".xls", ".ods", ".numbers"}
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read_rows(path: Path) -> list[Row]:
    """Read the rows of a table; its form is seen from what it holds.

    Raises:
        RecordError: Naming the file, and the row that cannot be read.
    """
    if path.suffix.lower() in _SHEETS:
        raise RecordError(f"{path}: is a spreadsheet; save it as CSV")
    _check_kind(path)
    text = read_text(path, RecordError)
    start = text.lstrip()[:1]
    if start not in ("[", "{"):
        return list(_separated(path, text))
    try:
        data = parse_json(text)
    except NestingError as error:
        raise RecordError(f"{path}: is not JSON ({error}); mend it") from error
    except ValueError as error:
        if start == "[":
            raise RecordError(f"{path}: is not JSON ({error}); mend it") from error
        rows = [(f"line {number}", row) for number, row in read_lines(path)]
    else:
        rows = [(f"row {number}", row) for number, row in enumerate(_list_of(data), start=1)]
    return [(place, _named(path, place, row)) for place, row in rows]


def _check_kind(path: Path) -> None:
    """Refuse what is no plain file: a pipe keeps a reader waiting, a device may never end.

    Raises:
        RecordError: Naming what it is.
    """
    try:
        kind = other_kind(followed(path))
    except OSError:
        # whoever reads it is told why that cannot be
        return
    if kind:
        raise RecordError(f"{path}: is a {kind}; name a file of ratings (CSV, JSON)")


def _named(path: Path, place: str, row: Any) -> Mapping[str, Any]:
    """Name the columns of a JSON row."""
    if not isinstance(row, dict):
        raise RecordError(f"{path}, {place}: is no object with columns; write one object a row")
    names = [to_name(name) for name in row]
    _check_twice(f"{path}, {place}", names)
    return dict(zip(names, row.values(), strict=True))


def _check_twice(where: str, names: Sequence[str]) -> None:
    if twice := [name for name, times in Counter(names).items() if times > 1 and name]:
        raise RecordError(
            f"{where}: column {show_name(twice[0])!r} stands twice; rename one (names that look the same are "
            "the same)"
        )


def _list_of(data: Any) -> list[Any]:
    """Find the rows in a JSON value: itself, or the one list of objects that it holds."""
    if isinstance(data, list):
        return data
    lists = [value for value in data.values() if isinstance(value, list)]
    rows = [value for value in lists if any(isinstance(part, dict) for part in value)]
    return rows[0] if len(rows) == 1 else [data]


def _separated(path: Path, text: str) -> Iterator[Row]:
    head, _, rest = text.partition("\n")
    if named := re.fullmatch(r"sep=(.)\s*", head):
        separator, text, before = named[1], rest, 1
    else:
        bare = _QUOTED.sub("", next((line for line in text.split("\n") if line.strip()), ""))
        separator, before = max(_SEPARATORS, key=bare.count), 0
    filled = [(line + before, cells) for line, cells in _cells(path, text, separator) if any(cells)]
    if not filled:
        return
    names = [to_name(cell) for cell in filled[0][1]]
    _check_twice(str(path), names)
    for line, row in filled[1:]:
        while len(row) > len(names) and not row[-1]:
            row.pop()
        if len(row) != len(names):
            raise RecordError(
                f"{path}, line {line}: has {len(row)} cells, the head {len(names)}; give it one for each "
                f"column, in double quotes where one holds {separator!r}"
            )
        yield f"line {line}", {name: cell for name, cell in zip(names, row, strict=True) if name}


def _cells(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line in which each row begins, and its cells."""
    # a column may hold whole dialogues; the limit is of the process, and so is never lowered
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    # a cell may hold line breaks, so the csv module must split the lines itself
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, [cell.strip() for cell in row]
            line = reader.line_num + 1
    except csv.Error as error:
        raise RecordError(
            f"{path}, line {line}: is no table ({why_no_table(error)}); close every quote, and double one "
            "inside a cell"
        ) from error
