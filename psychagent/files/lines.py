"""Read and write JSON lines: one JSON value per line; only a line feed ends a line.

`str.splitlines` also splits at U+2028 and U+0085, which JSON allows inside a string.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from psychagent.errors import RecordError
from psychagent.files.opened import Raise
from psychagent.files.parse import parse_json
from psychagent.files.read import read_text
from psychagent.files.write import to_line, whole_file


def read_lines(path: Path, raise_as: Raise = RecordError) -> Iterator[tuple[int, Any]]:
    """Yield the line number, from 1, and the value of each line; blank lines are skipped.

    Raises:
        RecordError: Naming the file, and the line that is not JSON.
    """
    for number, line in enumerate(read_text(path, raise_as).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, parse_json(line)
        except ValueError as error:
            raise raise_as(f"{path}, line {number}: is not JSON ({error}); mend or remove it") from error


def write_lines(path: Path, values: Iterable[Any]) -> None:
    """Write one JSON value per line, whole or not at all; raises as `whole_file` does."""
    with whole_file(path) as stream:
        stream.writelines(to_lines(values))


def to_lines(values: Iterable[Any]) -> Iterator[bytes]:
    """Encode each value as a line."""
    for value in values:
        yield to_line(value) + b"\n"
