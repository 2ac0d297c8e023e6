"""Open a file to read it: none keeps a command waiting, or ends it in anything but a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from psychagent.domain.words.value import shown
from psychagent.errors import AssetError, PsychAgentError
from psychagent.files.kind import require_plain
from psychagent.files.refused import OR_ANOTHER, refused

Raise = Callable[[str], PsychAgentError]


@contextmanager
def opened(path: Path, raise_as: Raise = AssetError) -> Iterator[BinaryIO]:
    """Open a file to read its bytes.

    Raises:
        PsychAgentError: The given kind, if it cannot be read, or is no plain file.
    """
    require_plain(path, raise_as)
    try:
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError as error:
        raise raise_as(f"{path}: no such file; check the name") from error
    except OSError as error:
        raise raise_as(refused(path, "read", error, OR_ANOTHER)) from error


def read_bytes(path: Path, raise_as: Raise = AssetError, *, most: int | None = None) -> bytes:
    """Read a file as it is; raises as `opened` does, and where it holds more than it may."""
    try:
        with opened(path, raise_as) as stream:
            if most is not None and (size := os.fstat(stream.fileno()).st_size) > most:
                raise raise_as(
                    f"{path}: holds {size:,} bytes, and a file of this kind at most {most:,}; check its name"
                )
            return stream.read()
    except ValueError as error:
        raise raise_as(f"{shown(str(path))}: holds what no name of a file can; check it") from error
