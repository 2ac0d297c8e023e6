"""What may be shown of a reply while it is still arriving."""

from __future__ import annotations

import re

from psychagent.replies.tags import ANY_TAG, TAG_NAMES


class VisibleText:
    """Let only the words inside `<response>` through, while a reply is still arriving.

    Feed it pieces of content as they come; it returns what may be shown so far. It holds back only
    what may yet turn out to be a mark, and falls silent where private markup begins inside the
    response: such a reply is refused as a whole.
    """

    def __init__(self, end_token: str) -> None:
        """Start before any response."""
        self._buffer = ""
        self._state = "before"
        self._end_token = end_token
        tags = [f"<{slash}{name}" for name in TAG_NAMES for slash in ("", "/")]
        self._marks = (*tags, end_token.lower())
        self._stop = re.compile(rf"(?-i:{re.escape(end_token)})|{ANY_TAG}(?=\W)", re.IGNORECASE)

    def feed(self, piece: str) -> str:
        """Take a piece of the reply and return the words that may be shown."""
        self._buffer += piece
        self._find_response()
        return self._visible() if self._state == "inside" else ""

    def _find_response(self) -> None:
        while self._state in {"before", "thinking"}:
            marks = ("</think>",) if self._state == "thinking" else ("<response>", "<think>")
            places = [(self._buffer.find(mark), mark) for mark in marks if mark in self._buffer]
            if not places:
                return
            at, mark = min(places)
            self._buffer = self._buffer[at + len(mark) :]
            self._state = {"<think>": "thinking", "</think>": "before", "<response>": "inside"}[mark]

    def _visible(self) -> str:
        shown = ""
        while found := self._stop.search(self._buffer):
            shown += self._buffer[: found.start()]
            if found.group() != self._end_token:
                self._state, self._buffer = "over", ""
                return shown
            self._buffer = self._buffer[found.end() :]
        clear = len(self._buffer) - self._held_back()
        shown, self._buffer = shown + self._buffer[:clear], self._buffer[clear:]
        return shown

    def _held_back(self) -> int:
        """Count the characters at the end that may be the beginning of a mark."""
        longest = max(map(len, self._marks))
        for size in range(min(longest, len(self._buffer)), 0, -1):
            tail = self._buffer[-size:].lower()
            if any(mark.startswith(tail) for mark in self._marks):
                return size
        return 0
