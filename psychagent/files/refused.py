"""What the system refuses to do with a path, in one sentence: why, and the remedy that fits the reason."""

from __future__ import annotations

import errno
from pathlib import Path

_REMEDIES: dict[str, tuple[int, ...]] = {
    "free space": (errno.ENOSPC, errno.EDQUOT),
    "mend its permissions": (errno.EACCES, errno.EPERM),
    "name a place on a disk that takes files": (errno.EROFS, errno.EFBIG, errno.EINVAL, errno.ENOTSUP),
    "move away the file that stands where a folder is to be": (errno.ENOTDIR, errno.EEXIST),
    "move away the folder that stands in its place": (errno.EISDIR, errno.ENOTEMPTY),
    "name a place where folders can be made": (errno.ENOENT, errno.ENOSYS),
    "shorten its name": (errno.ENAMETOOLONG,),
    "mend the links on the way": (errno.ELOOP,),
    "raise the limit of open files (ulimit -n)": (errno.EMFILE, errno.ENFILE),
    "look after its disk": (errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOLCK),
    "wait until no other program uses it": (errno.EBUSY, errno.ETXTBSY, errno.EAGAIN),
}
"""What to do -> the reasons that it helps against."""
OR_ANOTHER = ", or name another"
"""Ends a sentence on what a person named."""
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR)
_LOOKED_FOR = frozenset({"read", "used"})
"""What is done with something that should be there."""
_BY_REASON = {number: remedy for remedy, numbers in _REMEDIES.items() for number in numbers}


def why(error: OSError) -> str:
    """Say why the system refused, without the number of the reason."""
    return error.strerror or str(error) or "no reason is given"


def remedy_of(error: OSError) -> str:
    """Say what helps against a refusal."""
    return _BY_REASON.get(error.errno or 0, "check its name and permissions")


def of_ours(error: Exception) -> str:
    """Return what is wrong with a file that nobody named, so that nobody can name another."""
    return str(error).removesuffix(OR_ANOTHER)


def refused(path: Path | str, deed: str, error: OSError, then: str = " and run again") -> str:
    """Say that something cannot be done with a path, why, and what to do.

    Args:
        path: What the sentence is about.
        deed: What was tried, such as `written`.
        error: What the system said.
        then: What follows the remedy: what to do when it is done, or another way out.
    """
    remedy = "check its name" if deed in _LOOKED_FOR and error.errno in _NOT_THERE else remedy_of(error)
    return f"{path}: cannot be {deed} ({why(error)}); {remedy}{then}"
