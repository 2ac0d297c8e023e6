"""A JSON file that tells whether it is as it was written: its last field is the hash of all text above it."""

from __future__ import annotations

import re

from psychagent.files.digest import hash_text

KEY = "digest_of_all_above"
_END = "\n}\n"
_SEAL = re.compile(rf',\s*"{KEY}": "([0-9a-f]{{64}})"\s*}}\s*$')


class ChangedError(ValueError):
    """A file is not what was written, byte for byte."""


def seal(text: str) -> str:
    """Add the last field to a JSON object written over several lines; other values stay as they are."""
    if not text.endswith(_END) or KEY in text:
        return text
    body = text.removesuffix(_END)
    return f'{body},\n  "{KEY}": "{hash_text(body)}"{_END}'


def check_seal(text: str) -> None:
    """Check the last field; a text without one is of an earlier version, or of another program.

    Raises:
        ChangedError: If something above it was changed, be it by hand or by a damaged disk.
    """
    found = _SEAL.search(text, max(0, len(text) - 200))
    if found is None:
        if KEY in text:
            raise ChangedError(f"its field {KEY!r} is no longer whole")
    elif hash_text(text[: found.start()]) != found[1]:
        raise ChangedError("it was changed after it was written")
