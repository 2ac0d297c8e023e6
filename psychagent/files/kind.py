"""What stands at a path: a plain file, nothing, or what can be neither read whole nor replaced."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from psychagent.errors import PsychAgentError, RecordError
from psychagent.files.refused import OR_ANOTHER

_KINDS = {
    stat.S_IFDIR: "folder",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFLNK: "link that leads in a circle",
}


def followed(path: Path) -> Path:
    """Return what a path means: where its link leads, or the path itself."""
    return resolved(path) if path.is_symlink() else path


def resolved(path: Path) -> Path:
    """Name a path by its place, links followed; unlike `Path.resolve`, also where they lead in a circle."""
    return Path(os.path.realpath(path))


def other_kind(path: Path) -> str:
    """Name what stands at a path, links not followed; empty for a plain file and for nothing.

    Raises:
        OSError: If nobody can tell, as in a folder that is not ours to look into.
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return _KINDS.get(stat.S_IFMT(found.st_mode), "")


def require_plain(path: Path, raise_as: Callable[[str], PsychAgentError]) -> None:
    """Check before a file is opened that it is none which would keep its reader waiting for ever.

    What is not there, is a folder or may not be seen is left to whoever opens it, as is a pipe that a
    shell has made for one command: it has no name in any folder.

    Raises:
        PsychAgentError: The given kind, if it is a pipe, a socket or a device.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return
    kind = _KINDS.get(stat.S_IFMT(found.st_mode), "")
    if kind in ("pipe", "socket", "device") and os.path.lexists(os.path.realpath(path)):
        raise raise_as(f"{path}: is a {kind}, not a plain file; put the file back{OR_ANOTHER}")


def require_empty(folder: Path, option: str) -> None:
    """Check that nothing would be written over: neither an earlier result, nor what a stopped command left.

    Raises:
        RecordError: If something is in the folder, or none can be there; naming the option that chooses it.
    """
    try:
        inside = min(folder.iterdir(), default=None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordError(f"{folder}: {error.strerror}; name another {option}") from error
    if inside is not None:
        raise RecordError(
            f"{folder}: is not empty (it holds {inside.name}); name another {option}, or remove it first"
        )
