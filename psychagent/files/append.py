"""Append to a file: whole lines only, whatever happens in the middle of one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from psychagent.errors import RecordError
from psychagent.files.kind import require_plain
from psychagent.files.refused import refused
from psychagent.files.write import PRIVATE


def append(path: Path, data: bytes, *, is_new: bool) -> None:
    """Append bytes to a file whole or not at all; they are not forced to the disk.

    Args:
        path: The file.
        data: What to append.
        is_new: Whether to create the file. One that should be there and is gone was removed, and is
            not created again.

    Raises:
        RecordError: If the disk is full, or the file was removed meanwhile.
    """
    require_plain(path, RecordError)
    try:
        if is_new:
            path.parent.mkdir(parents=True, exist_ok=True)
        place = os.open(path, os.O_WRONLY | os.O_APPEND | (os.O_CREAT if is_new else 0), PRIVATE)
        try:
            write_all(place, data)
        finally:
            os.close(place)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not is_new:
            raise RecordError(
                f"{path}: was removed while the run works; run the same command again"
            ) from error
        raise RecordError(refused(path, "written", error)) from error


def write_all(place: int, data: bytes) -> None:
    """Write all bytes at the end of an open file, or take back those that were written."""
    before = os.fstat(place).st_size
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(place, left) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(place, before)
        raise
