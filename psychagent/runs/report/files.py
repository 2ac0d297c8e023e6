"""Write a file of a report whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from psychagent.errors import RecordError


def write_bytes(path: Path, data: bytes) -> None:
    """Write to a temporary name beside the target and rename it.

    Raises:
        RecordError: If it cannot be written; the old file stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise RecordError(
            f"{path}: cannot be written ({error.strerror or error}); free space and run again"
        ) from error
