"""What stands at a path: a plain file, nothing, or what can be neither read whole nor replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

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
    return Path(os.path.realpath(path)) if path.is_symlink() else path


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
