"""Hashes of files and of data."""

from __future__ import annotations

import hashlib
from pathlib import Path


def hash_files(folder: Path) -> dict[str, str]:
    """sha256 of every file below a folder, by its path relative to the folder's parent."""
    return {
        path.relative_to(folder.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".jinja2", ".yaml", ".json"}
    }
