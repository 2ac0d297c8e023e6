"""Write a file whole or not at all, and read it back with errors that name it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from psychagent.errors import RecordError


def write_json(path: Path, data: Any) -> None:
    """Write JSON to a temporary name beside the target and rename it.

    Raises:
        RecordError: If the disk is full or the folder cannot be written; the old file stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as stream:
            json.dump(data, stream, ensure_ascii=False, indent=2)
            stream.write("\n")
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise RecordError(
            f"{path}: cannot be written ({error.strerror or error}); free space and run again"
        ) from error


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


def read_json(path: Path) -> Any:
    """Read a JSON file of a run.

    Raises:
        RecordError: If it is missing, truncated or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecordError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise RecordError(f"{path}: is truncated or not JSON ({error})") from error
