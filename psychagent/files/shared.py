"""Open a file that several processes append to, one at a time; what they append is on the disk."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psychagent.errors import RecordError
from psychagent.files import append
from psychagent.files.kind import require_plain
from psychagent.files.opened import opened
from psychagent.files.refused import refused
from psychagent.files.write import PRIVATE

_PROBE = 4096
"""Bytes of a block: what a few lines of a record take."""
_REMOVED = "was removed while it was written to; put it back, or run again to begin a new one"


@contextmanager
def shared_file(path: Path, *, create: bool) -> Iterator[int]:
    """Open a file to read and append, while no other process does; a killed one lets go of it.

    Args:
        path: The file.
        create: Whether it may be new; its owner alone may then read it.

    Yields:
        Its descriptor.

    Raises:
        RecordError: If it cannot be written, or should be there and is gone.
    """
    require_plain(path, RecordError)
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if create else 0)
        place = os.open(path, flags, PRIVATE)
        try:
            fcntl.flock(place, fcntl.LOCK_EX)
            if os.fstat(place).st_nlink == 0:
                raise FileNotFoundError
            yield place
        finally:
            os.close(place)
    except OSError as error:
        is_gone = isinstance(error, FileNotFoundError) and not (create and error.errno)
        raise RecordError(f"{path}: {_REMOVED}" if is_gone else refused(path, "written", error)) from error


def require_appendable(path: Path) -> None:
    """Check, before there is anything to write, that a file can be appended to, or made where there is none.

    Raises:
        RecordError: If it cannot; no file is left behind.
    """
    require_plain(path, RecordError)
    try:
        if path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_APPEND))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            # a disk that is full takes a name, and not a byte
            part.write_bytes(bytes(_PROBE))
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise RecordError(f"{path}: cannot be written ({path.parent} is no folder); name another") from error
    except OSError as error:
        raise RecordError(
            f"{path}: cannot be written ({error.strerror}); free space, mend its permissions, and run again"
        ) from error


def read_shared(path: Path) -> bytes:
    """Read a file at a moment at which no process is in the middle of a line.

    Raises:
        RecordError: If it cannot be read.
    """
    with opened(path, RecordError) as stream:
        fcntl.flock(stream, fcntl.LOCK_SH)
        return stream.read()


def read_from(place: int, start: int) -> bytes:
    """Read an open file from a byte on."""
    parts = []
    while part := os.pread(place, 1 << 20, start):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def append_for_good(path: Path, place: int, data: bytes) -> None:
    """Append to an open file, whole or not at all; returns when the data would survive a power cut."""
    before = os.fstat(place).st_size
    append.write_all(place, data)
    try:
        os.fsync(place)
        if before == 0:
            _sync_folder(path.parent)
    except OSError:
        # nobody can tell what reached the disk, so that the line must not be taken for written
        os.ftruncate(place, before)
        raise


def _sync_folder(folder: Path) -> None:
    """Force a new file's name to the disk."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
