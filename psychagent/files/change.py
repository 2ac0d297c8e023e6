"""Make, list, move and remove files and folders: what the system refuses is a sentence that names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psychagent.errors import RecordError
from psychagent.files.kind import require_plain
from psychagent.files.opened import Raise
from psychagent.files.refused import OR_ANOTHER, refused
from psychagent.files.write import PRIVATE, PRIVATE_FOLDER


@contextmanager
def _told(
    path: Path, deed: str, then: str = " and run again", raise_as: Raise = RecordError
) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise raise_as(refused(path, deed, error, then)) from error


def make_file(path: Path) -> None:
    """Make a private file, and its folder, if it is not there; one that is there stays as it is.

    Raises:
        RecordError: If it cannot be made, or is no plain file.
    """
    require_plain(path, RecordError)
    with _told(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=PRIVATE)


def make_folder(path: Path, *, option: str, private: bool = True) -> None:
    """Make a folder, and those that it lies in, if it is not there.

    Args:
        path: The folder.
        option: The option that names another one.
        private: Whether nobody but its owner may look into a new one.

    Raises:
        RecordError: If it cannot be made.
    """
    with _told(path, "made", f", or name another {option}"):
        # those above take the umask: only the folder itself is closed to others
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=PRIVATE_FOLDER if private else 0o777, exist_ok=True)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        RecordError: If it cannot be removed, as a folder in its place cannot.
    """
    with _told(path, "removed", ", or remove it by hand, and run again"):
        path.unlink(missing_ok=True)


def cut_file(path: Path, size: int) -> None:
    """Keep no more of a file than its first bytes.

    Raises:
        RecordError: If it cannot be written.
    """
    with (
        _told(path, "written"),
        path.open("rb+") as file,
    ):
        file.truncate(size)


def move_file(path: Path, to: Path) -> None:
    """Give a file another name.

    Raises:
        RecordError: If it cannot be moved.
    """
    with _told(path, f"moved to {to}", ", or move it by hand, and run again"):
        path.replace(to)


def list_folder(path: Path, raise_as: Raise = RecordError) -> list[Path]:
    """List what stands in a folder, in order of its names.

    Raises:
        RecordError: If it cannot be read; or the given kind.
    """
    with _told(path, "read", OR_ANOTHER, raise_as):
        return sorted(path.iterdir())


def remove_empty(*folders: Path) -> None:
    """Remove those of some folders that hold nothing; what holds anything, or may not be removed, stays."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
