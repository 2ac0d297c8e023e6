"""The one writer: a file is there whole, or as it was before."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from psychagent.errors import RecordError


def write_bytes(path: Path, data: bytes) -> None:
    """Write to a temporary name beside the target and rename it.

    Raises:
        RecordError: If the disk is full or the folder cannot be written; the old file stays.
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


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all; raises as `write_bytes` does."""
    write_bytes(path, text.encode())


def write_json(path: Path, data: Any) -> None:
    """Write JSON whole or not at all; raises as `write_bytes` does."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def remove_parts(folder: Path) -> None:
    """Remove what killed processes had begun to write below a folder; nobody else may be writing there.

    Raises:
        RecordError: If one cannot be removed.
    """
    for part in folder.rglob(".*.part"):
        try:
            part.unlink()
        except OSError as error:
            raise RecordError(f"{part}: cannot be removed ({error.strerror}); remove it by hand") from error
