"""Hash texts, files and data: sha256 in hexadecimal."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from psychagent.errors import RecordError
from psychagent.files.opened import opened


def hash_text(text: str) -> str:
    """Hash a text as UTF-8, which half a character is no part of."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def hash_json(data: Any) -> str:
    """Hash JSON-serializable data, independent of key order."""
    return hash_text(json.dumps(data, sort_keys=True, ensure_ascii=False))


def hash_file(path: Path) -> str:
    """Hash the bytes of a file.

    Raises:
        RecordError: If it cannot be read.
    """
    with opened(path, RecordError) as stream:
        digest = hashlib.sha256()
        while part := stream.read(1 << 20):
            digest.update(part)
        return digest.hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """Hash the templates, YAML and JSON files below a folder, keyed by path relative to its parent."""
    return {
        path.relative_to(folder.parent).as_posix(): hash_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".jinja2", ".yaml", ".json"}
    }
