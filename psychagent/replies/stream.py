"""What may be shown of a reply while it is still arriving."""

from __future__ import annotations

import re

from psychagent.replies.tags import ANY_TAG, RESPONSE, TAG_NAMES, THINK, without_end

_OPEN, _THINK, _CLOSE = f"<{RESPONSE}>", f"<{THINK}>", f"</{THINK}>"
_NEXT = {_OPEN: "inside", _THINK: "thinking", _CLOSE: "before"}
"""Mark -> the state it leads to."""
_TAGS = tuple(f"<{slash}{name}" for name in TAG_NAMES for slash in ("", "/"))


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
        self._tag = re.compile(rf"{ANY_TAG}(?=\W)", re.IGNORECASE)

    def feed(self, piece: str) -> str:
        """Take a piece of the reply and return the words that may be shown."""
        self._buffer += piece
        self._find_response()
        return self._visible() if self._state == "inside" else ""

    def _find_response(self) -> None:
        while self._state in {"before", "thinking"}:
            marks = (_CLOSE,) if self._state == "thinking" else (_OPEN, _THINK)
            places = [(self._buffer.find(mark), mark) for mark in marks if mark in self._buffer]
            if not places:
                return
            at, mark = min(places)
            self._buffer = self._buffer[at + len(mark) :]
            self._state = _NEXT[mark]

    def _visible(self) -> str:
        # an end token inside a tag may be all that keeps it from being one
        self._buffer = without_end(self._buffer, self._end_token)
        match = self._tag.search(self._buffer)
        if match:
            self._state = "over"
        clear = match.start() if match else len(self._buffer) - self._held_back()
        shown, self._buffer = self._buffer[:clear], self._buffer[clear:]
        return shown

    def _held_back(self) -> int:
        """Count the characters at the end that may be the beginning of a mark."""
        ending = 0
        while more := _beginning_of((self._end_token,), self._buffer[: len(self._buffer) - ending]):
            ending += more
        before = self._buffer[: len(self._buffer) - ending]
        return max(ending + _beginning_of(_TAGS, before.lower()), _beginning_of(_TAGS, self._buffer.lower()))


def _beginning_of(marks: tuple[str, ...], text: str) -> int:
    """Count the characters at the end of a text that may begin one of the marks."""
    longest = max(map(len, marks))
    sizes = range(min(longest, len(text)), 0, -1)
    return next((size for size in sizes if any(mark.startswith(text[-size:]) for mark in marks)), 0)
