"""Read a message from a terminal: a text of several lines that is pasted is one, not a message a line."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from contextlib import suppress

with suppress(ImportError):
    # lets a line be edited, also across the edge of the screen
    import readline

    if "libedit" not in (readline.__doc__ or ""):
        # Python turns it off, because its own prompt could not read several lines
        readline.parse_and_bind("set enable-bracketed-paste on")

_AT_ONCE_SEC = 0.05
"""Lines that come no further apart than this were pasted: nobody types so fast."""


def read_message(prompt: str, *, read: Callable[[str], str]) -> str:
    """Ask for a message; where the terminal does not mark what is pasted, take the lines that come at once.

    Args:
        prompt: What stands before the message.
        read: Asks for a line.

    Raises:
        EOFError: If nothing is typed, and nothing more will be.
        KeyboardInterrupt: On Ctrl-C.
    """
    # what was typed while nothing was asked for is a message a line, since one of them may be an order
    is_ahead = _waits(0)
    lines = [read(prompt)]
    with suppress(EOFError):
        while not is_ahead and _waits(_AT_ONCE_SEC):
            # of a text without a last line break, the rest waits for Enter
            lines.append(read(""))
    return "\n".join(lines)


def _waits(seconds: float) -> bool:
    """Return whether anything that was typed waits to be read, or comes within some time."""
    try:
        return bool(select.select([sys.stdin], [], [], seconds)[0])
    except (OSError, ValueError):
        # a system on which only sockets can be asked
        return False
