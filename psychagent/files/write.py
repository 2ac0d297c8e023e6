"""The only writer of files: each is replaced whole or left as it was."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from psychagent.errors import RecordError
from psychagent.files.kind import followed, other_kind
from psychagent.files.refused import refused
from psychagent.files.seal import seal

PRIVATE = 0o600
"""Permissions of a new file: dialogues are read by their owner alone, whatever the umask allows."""
PRIVATE_FOLDER = 0o700
Put = Callable[[Path, Iterable[bytes]], str]
"""Writes the parts of one file and returns the sha256 of the whole."""

_HALF = re.compile("[\ud800-\udfff]")
_PART = re.compile(r"\..+\.([0-9]{1,9})\.part")
_REMEMBERED = 4096
"""Folders of which a process knows that it has looked through them."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file next to the target; it replaces the target when the block ends.

    On any error in the block, the old file stays and the temporary one is removed. A new file is for its
    owner's eyes; one that is replaced keeps its permissions. A link is followed, and stays.

    Raises:
        RecordError: If the disk is full, the folder cannot be written, or the target is no plain file.
    """
    given = path
    try:
        path = followed(given)
    except OSError as error:
        raise RecordError(refused(given, "written", error)) from error
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # whoever may replace a device replaces it for every program of the machine
        if kind := other_kind(path):
            raise RecordError(f"{given}: is a {kind}, not a plain file; name another")
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        # before it holds anything; the bits of an old file are what its owner chose
        part.touch(mode=PRIVATE)
        if path.exists():
            part.chmod(stat.S_IMODE(path.stat().st_mode))
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    except BaseException as error:
        # the cleanup may fail for the same reason (a full or vanished disk); keep the first error
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise RecordError(refused(given, "written", error)) from error


@contextmanager
def whole_files() -> Iterator[Put]:
    """Write files that belong together: none replaces its target before all are written.

    Raises:
        RecordError: If one cannot be written; all the old files stay.
    """
    with ExitStack() as together:

        def put(path: Path, parts: Iterable[bytes]) -> str:
            stream, digest = together.enter_context(whole_file(path)), hashlib.sha256()
            for part in parts:
                stream.write(part)
                digest.update(part)
            # flush now: a full disk must show before the first file replaces its target
            stream.flush()
            return digest.hexdigest()

        yield put


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises as `whole_file` does."""
    with whole_file(path) as stream:
        stream.write(data)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, half characters as `?`; raises as `whole_file` does."""
    write_bytes(path, text.encode(errors="replace"))


def write_json(path: Path, data: Any) -> None:
    """Write JSON whole or not at all, sealed if it is an object; raises as `whole_file` does."""
    write_text(path, seal(to_json(data)))


def to_json(data: Any) -> str:
    """Format data as the JSON text of a file."""
    try:
        return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode() + "\n"
    except TypeError:
        # what only the slower library writes: half characters, keys that are numbers
        return _dump(data, indent=2) + "\n"


def to_line(data: Any) -> bytes:
    """Format data as one line of JSON, without its line feed."""
    return _dump(data).encode()


def _dump(data: Any, indent: int | None = None) -> str:
    """Write JSON; where a half character stands in it, with escapes alone, which any encoding can take."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    if not text.isascii() and _HALF.search(text):
        return json.dumps(data, indent=indent)
    return text


@lru_cache(maxsize=_REMEMBERED)
def _sweep(folder: Path) -> None:
    """Remove partial files whose process was killed: a command that takes no lock would leave them for good.

    Once a folder and process. What cannot be removed stays: it hinders nothing.
    """
    for part in folder.glob(".*.part"):
        named = _PART.fullmatch(part.name)
        if named and _is_gone(int(named[1])):
            with suppress(OSError):
                part.unlink()


def _is_gone(process: int) -> bool:
    """Return whether no such process runs; where that cannot be asked without harm, it may."""
    if os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        # somebody else's
        return False
    return False


def remove_parts(folder: Path, *, deep: bool = True) -> None:
    """Remove partial files that killed processes left below a folder, in which no process may be writing.

    Args:
        folder: The folder.
        deep: Whether those in its folders go too.

    Raises:
        RecordError: If one cannot be removed.
    """
    for part in folder.rglob(".*.part") if deep else folder.glob(".*.part"):
        try:
            part.unlink()
        except OSError as error:
            raise RecordError(refused(part, "removed", error, ", or remove it by hand")) from error
