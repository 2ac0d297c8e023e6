"""Text without what is no text: control characters, and sequences that steer a terminal."""

from __future__ import annotations

import re

from psychagent.domain.text.unseen import BREAKS

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
"""What steers a terminal: colors, titles, the clipboard."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Also those for the direction of writing, which show words in another order than they stand in."""
_BREAKS = re.compile(BREAKS)


def plain(text: str) -> str:
    """Drop what steers a terminal, and every control character but tab; all breaks become line feeds."""
    if text.isprintable():
        return text
    return _CONTROL.sub("", _BREAKS.sub("\n", _SEQUENCE.sub("", text)))


def whole(text: str) -> str:
    """Keep what is text: no half characters, no control characters, nothing that steers a terminal.

    A token limit may cut a character in two, and no file can hold the half.
    """
    return plain(text if text.isascii() else text.encode("utf-8", "replace").decode())
