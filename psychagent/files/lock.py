"""Allow one process at a time in a run's folder, by an OS file lock, which a killed run releases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from psychagent.errors import LockError, RecordError
from psychagent.files.write import PRIVATE, PRIVATE_FOLDER


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a run's folder.

    Raises:
        LockError: If another process holds it.
    """
    lock = FileLock(path, timeout=0, mode=PRIVATE)
    try:
        # parents take the umask: only the folder of the run itself is closed to others
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise LockError(
            f"{path.parent}: another process is working in this folder; wait for it, end it, or name "
            "another --save-dir"
        ) from error
    except OSError as error:
        raise RecordError(
            f"{path.parent}: cannot be written ({error.strerror or error}); free space, or name another "
            "--save-dir"
        ) from error
    try:
        yield
    finally:
        lock.release()
