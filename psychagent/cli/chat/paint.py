"""Text that grows or is taken back while it is on the screen; knows nothing of chats."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

_ROOM = 3
"""Rows of the screen that growing text leaves free: what has scrolled away cannot be taken back."""


class Painter:
    """Shows a text at the end of the screen, and replaces it by another until it is kept."""

    def __init__(self, console: Console) -> None:
        """Begin with nothing on the screen."""
        self._console = console
        self._lines: list[str] = []

    def show(self, text: Text) -> None:
        """Replace what is shown by a text; what exceeds the screen is left out until it is kept."""
        most = max(self._console.height - _ROOM, 1)
        self._paint(self._wrapped(text)[:most])

    def keep(self, text: Text) -> None:
        """Replace what is shown by a text that stays, whole."""
        self._paint(self._wrapped(text))
        self._write("\n")
        self._lines = []

    def clear(self) -> None:
        """Take back what is shown."""
        self._paint([])

    def _wrapped(self, text: Text) -> list[Text]:
        # a column is left free: some terminals break a line that is full
        return list(text.wrap(self._console, max(self._console.width - 1, 10)))

    def _paint(self, lines: list[Text]) -> None:
        plain = [line.plain.rstrip() for line in lines]
        same = 0
        while same < min(len(plain), len(self._lines)) and plain[same] == self._lines[same]:
            same += 1
        if same == len(plain) == len(self._lines):
            return
        if 0 < same == len(plain):
            # the cursor belongs behind the last line that stays
            same -= 1
        if same + 1 == len(self._lines) <= len(plain) and plain[same].startswith(self._lines[same]):
            # text that only grows is written on, which neither flickers nor is read out again
            self._add(lines[same][len(self._lines[same]) :], lines[same + 1 :], plain)
            return
        if self._lines:
            first = min(same, len(self._lines) - 1)
            up = len(self._lines) - 1 - first
            self._write((f"\x1b[{up}A" if up else "") + "\r" + ("" if same > first else "\x1b[J"))
            if same > first:
                self._write("\n")
        rest = lines[same:]
        if rest:
            self._add(rest[0], rest[1:], plain)
        self._lines = plain

    def _add(self, first: Text, rest: list[Text], plain: list[str]) -> None:
        for number, line in enumerate((first, *rest)):
            if number:
                self._write("\n")
            line.rstrip()
            self._console.print(line, end="", soft_wrap=True, highlight=False)
        self._lines = plain

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
