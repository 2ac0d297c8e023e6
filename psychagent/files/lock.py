"""Allow one process at a time in a run's folder, by an OS file lock, which a killed run releases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from psychagent.errors import LockError, RecordError, RemovedError
from psychagent.files.kind import require_plain
from psychagent.files.refused import refused
from psychagent.files.write import PRIVATE, PRIVATE_FOLDER


@dataclass(frozen=True)
class Lock:
    """A lock that is held."""

    path: Path
    inode: int

    def check(self) -> None:
        """Check before a write that the folder is still the one that was locked.

        Raises:
            RemovedError: If it was removed or replaced: what is written now would be of no use.
        """
        if _inode(self.path) != self.inode:
            raise RemovedError(
                f"{self.path.parent}: was removed while the run works, so nothing more is asked or written; "
                "put it back, or begin anew in another folder"
            )


def _inode(path: Path) -> int:
    """Return what tells a file from another one of its name; 0 if there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


@contextmanager
def hold_lock(path: Path, option: str = "--save-dir") -> Iterator[Lock]:
    """Hold the lock of a folder.

    Args:
        path: The file that is locked.
        option: What the command calls the choice of the folder.

    Raises:
        LockError: If another process holds it.
    """
    require_plain(path, RecordError)
    lock = FileLock(path, timeout=0, mode=PRIVATE)
    try:
        # parents take the umask: only the folder of the run itself is closed to others
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise LockError(
            f"{path.parent}: another process is working in this folder; wait for it, end it, or name "
            f"another {option}"
        ) from error
    except OSError as error:
        raise RecordError(refused(path, "written", error, f", or name another {option}")) from error
    try:
        yield Lock(path, _inode(path))
    finally:
        lock.release()
