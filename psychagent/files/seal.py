"""A JSON file, or a line of one, that tells whether it is as it was written: its last field is a hash."""

from __future__ import annotations

import re
import zlib

from psychagent.files.digest import hash_text

KEY = "digest_of_all_above"
_END = "\n}\n"
_SEAL = re.compile(rf',\s*"{KEY}": "([0-9a-f]{{64}})"\s*}}\s*$')
_LONGEST = 200
"""Characters within which a seal ends a text."""
_FIELD = re.compile(rf'(?<!\\)"{KEY}"\s*:')
"""A field of that name, whole or not; within a text, as of a reason that names it, its quotes are escaped."""


class ChangedError(ValueError):
    """A file is not what was written, byte for byte."""


def seal(text: str) -> str:
    """Add the last field to a JSON object written over several lines; other values stay as they are."""
    if not text.endswith(_END) or _find(text):
        return text
    body = text.removesuffix(_END)
    return f'{body},\n  "{KEY}": "{hash_text(body)}"{_END}'


def _find(text: str) -> re.Match[str] | None:
    return _SEAL.search(text, max(0, len(text) - _LONGEST))


def check_seal(text: str) -> None:
    """Check the last field; a text without one is of an earlier version, or of another program.

    Raises:
        ChangedError: If something above it was changed, be it by hand or by a damaged disk.
    """
    found = _find(text)
    if found is None:
        if _FIELD.search(text):
            raise ChangedError(f"its field {KEY!r} is no longer whole")
    elif hash_text(text[: found.start()]) != found[1]:
        raise ChangedError("it was changed after it was written")


_SUM = re.compile(rb',"crc":"([0-9a-f]{8})"}$')


def add_sum(line: bytes) -> bytes:
    """Add to a JSON object its check sum, as the last field."""
    body = line[:-1]
    return b'%s,"crc":"%08x"}' % (body, zlib.crc32(body))


def is_summed(line: bytes) -> bool:
    """Return whether a line is whole, by the check sum that ends it."""
    found = _SUM.search(line)
    return found is not None and zlib.crc32(line[: found.start()]) == int(found[1], 16)


def without_sum(line: bytes) -> bytes:
    """Check and take off the check sum; a line of an earlier version has none.

    Raises:
        ValueError: If the line is not what was written.
    """
    found = _SUM.search(line)
    if found is None:
        return line
    body = line[: found.start()]
    if zlib.crc32(body) != int(found[1], 16):
        raise ChangedError("the line was changed after it was written")
    return body + b"}"
