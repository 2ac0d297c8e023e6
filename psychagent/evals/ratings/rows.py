"""Read the rows of a table, whatever its form: separated values, JSON lines or JSON."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from psychagent.errors import RecordError
from psychagent.files.lines import read_lines
from psychagent.files.parse import parse_json
from psychagent.files.read import read_text

Row = tuple[int, Mapping[str, Any]]
"""A row's number in its file, as a person counts, and its cells."""
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
    text = read_text(path, RecordError)
    start = text.lstrip()[:1]
    if start not in ("[", "{"):
        return list(_separated(path, text))
    try:
        data = parse_json(text)
    except RecursionError as error:
        raise RecordError(f"{path}: is not JSON ({error}); mend it") from error
    except ValueError as error:
        if start == "[":
            raise RecordError(f"{path}: is not JSON ({error}); mend it") from error
        rows = list(read_lines(path))
    else:
        rows = list(enumerate(_list_of(data), start=1))
    for number, row in rows:
        if not isinstance(row, dict):
            raise RecordError(f"{path}, row {number}: is no object with columns; write one object a row")
    return rows


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
        separator, text, first = named[1], rest, 3
    else:
        bare = _QUOTED.sub("", next((line for line in text.split("\n") if line.strip()), ""))
        separator, first = max(_SEPARATORS, key=bare.count), 2
    # a cell may hold line breaks, so the csv module must split the lines itself
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise RecordError(f"{path}, line {reader.line_num}: is no table ({error}); mend it") from error
    filled = [row for row in rows if any(row)]
    if not filled:
        return
    names = filled[0]
    if twice := [name for name, times in Counter(names).items() if times > 1 and name]:
        raise RecordError(f"{path}: column {twice[0]!r} stands twice; rename one")
    for number, row in enumerate(filled[1:], start=first):
        while len(row) > len(names) and not row[-1]:
            row.pop()
        if len(row) != len(names):
            raise RecordError(f"{path}, row {number}: has {len(row)} cells, the head {len(names)}; mend it")
        yield number, {name: cell for name, cell in zip(names, row, strict=True) if name}
