"""Tell what a command wrote before from a file of somebody else, by words with which only ours begin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from psychagent.errors import RecordError
from psychagent.files.opened import opened

_HEAD = 4096
"""Bytes of a file that are looked at: what is cut or damaged further on is known by its beginning."""


def require_own(path: Path, marks: Sequence[bytes], remedy: str) -> None:
    """Check that a file to be replaced is an earlier one of its kind, whole or damaged, or holds nothing.

    Args:
        path: The file; one that is not there may be written.
        marks: Any of them stands in the beginning of every file of the kind.
        remedy: What to do about another one.

    Raises:
        RecordError: If it is somebody else's, as far as one can tell.
    """
    if not path.is_file():
        return
    with opened(path, RecordError) as stream:
        head = stream.read(_HEAD)
    if head.strip(b"\0 \r\n\t") and not any(mark in head for mark in marks):
        raise RecordError(f"{path}: is not a file that this command wrote, and would be replaced; {remedy}")
