"""A file system that is soon full: a real one, in memory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.skips import NOT_ROOT


@contextmanager
def small_disk_at(place: Path, size: str) -> Iterator[Path]:
    """Mount a file system of a size such as `32k` for a block; the test is skipped where nobody may."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(NOT_ROOT)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
