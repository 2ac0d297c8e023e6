"""Numbers of a file that know how they were written, so that a text made of one says what its file says."""

from __future__ import annotations

import re
from typing import Any, TypeVar

N = TypeVar("N", int, float)

_OCTAL = re.compile(r"[-+]?0[0-9_]+")


class WrittenInt(int):
    """A whole number that is written otherwise than Python prints it, such as +49 or 1_000."""

    written: str

    def __str__(self) -> str:
        """Return it as its file has it."""
        return self.written


class WrittenFloat(float):
    """A number that is written otherwise than Python prints it, such as 1.10."""

    written: str

    def __str__(self) -> str:
        """Return it as its file has it."""
        return self.written


def as_written(number: N, written: str) -> N:
    """Return a number that a text field makes the same text of that its file has."""
    if str(number) == written:
        return number
    kept: Any = WrittenInt(number) if isinstance(number, int) else WrittenFloat(number)
    kept.written = written
    same: N = kept
    return same


def is_misread(written: str) -> bool:
    """Tell whether YAML makes another number of a bare word than anybody reads: 072 is 58, 1:30 is 90."""
    return ":" in written or _OCTAL.fullmatch(written) is not None
