"""Text without what is no text: control characters, and sequences that steer a terminal."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
"""What steers a terminal: colors, titles, the clipboard."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")

_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the order of letters around, so that a name reads as another."""


def plain(text: str) -> str:
    """Drop what steers a terminal, and every control character but line feed and tab."""
    if text.isprintable():
        return text
    return _CONTROL.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def in_order(text: str) -> str:
    """Return what a terminal may show: plain, and in the order in which it stands in its file."""
    return text if text.isprintable() else _TURNS.sub("", plain(text))
