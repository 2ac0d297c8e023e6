"""What may be shown of a reply while it is still arriving."""

from __future__ import annotations

import re

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError
from psychagent.replies.marks import CLOSE, RESPONSE, Mark, find_marks, without_end
from psychagent.replies.part import closes_it, opens_inside
from psychagent.replies.words import MOST_CHARS, clear_part, held_back, to_words

_LONGEST_MARK = 256
_CLOSES, _LONGEST_CLOSE = re.compile(CLOSE, re.IGNORECASE), 32
_SHARE = 64
"""What is shown of a reply is never more than this part of it behind."""


class VisibleText:
    """Let only the words inside `<response>` through, while a reply is still arriving.

    Feed it pieces of content as they come; it returns what may be shown so far. A response counts where
    it stands directly at the beginning or behind thoughts; elsewhere the thoughts may have begun in the
    server's template, and it is not shown before it is whole. It holds back what may yet turn out to be
    a mark, and falls silent where that may make the words private: such a reply is refused as a whole.
    """

    def __init__(self, end_token: str) -> None:
        """Start before any response."""
        self._buffer = self._shown = ""
        self._due = 0
        """Size of the buffer at which what may be shown is found out again."""
        self._inside: Mark | None = None
        """The mark whose thoughts are open."""
        self._is_spoken = self._is_over = False
        self._is_clean = True
        """Whether nothing stands between here and the beginning, or the last thoughts."""
        self._end_token = end_token

    def feed(self, piece: str) -> str:
        """Take a piece of the reply and return the words that may be shown."""
        if self._is_over:
            return ""
        known = len(self._buffer)
        self._buffer += piece
        if not self._is_spoken:
            self._find_response()
            known = 0
        return self._visible() if self._is_spoken and self._is_due(known) else ""

    def _is_due(self, known: int) -> bool:
        """Return whether what may be shown is to be found out: the whole of it is read again for that.

        Once for each character would take time that grows with the square of a reply. So a long one is shown
        in pieces of a small share of it; what may be its closing mark is read at once.
        """
        size = len(self._buffer)
        if size < self._due and not _CLOSES.search(self._buffer, max(0, known - _LONGEST_CLOSE)):
            return False
        self._due = size + 1 + size // _SHARE
        return True

    def _find_response(self) -> None:
        """Go from mark to mark, to the beginning of a response that may be shown."""
        while (mark := self._next_mark()) is not None and not self._is_spoken:
            before, self._buffer = self._buffer[: mark.start], self._buffer[mark.end :]
            if self._inside is not None:
                self._take_inside(self._inside, mark)
                continue
            self._is_clean = self._is_clean and not before.strip()
            if mark.name == RESPONSE:
                self._is_spoken = self._is_clean and not mark.closes
                self._is_clean = False
            elif mark.closes:
                self._is_clean = mark.is_thought
            elif not mark.is_empty:
                self._inside, self._is_clean = mark, True
        if not self._is_spoken:
            self._forget()

    def _take_inside(self, opened: Mark, mark: Mark) -> None:
        """Go on inside thoughts: what follows is sure only where their own mark closed them."""
        if closes_it(opened, mark):
            self._is_clean = self._is_clean and mark.name == opened.name
            self._inside = None
        elif mark.closes and mark.is_thought:
            # a field that was left open, in thoughts that the server's template opened
            self._inside, self._is_clean = None, True
        elif opens_inside(opened, mark):
            self._is_clean = False

    def _next_mark(self) -> Mark | None:
        """Find the first mark that cannot change any more, whatever follows."""
        mark = next(find_marks(self._buffer), None)
        if mark is None or not mark.is_whole and len(self._buffer) - mark.end < _LONGEST_MARK:
            return None
        # "&gt" may go on with its semicolon
        is_cut = mark.end == len(self._buffer) and self._buffer[-1].isalnum()
        return None if is_cut else mark

    def _forget(self) -> None:
        """Drop what can be part of no mark any more."""
        known = max(0, len(self._buffer) - 2 * _LONGEST_MARK)
        if self._inside is None and self._buffer[:known].strip():
            self._is_clean = False
        self._buffer = self._buffer[known:]

    def _visible(self) -> str:
        # an end token inside a tag may be all that keeps it from being one
        words = without_end(self._buffer, self._end_token)
        mark = next(find_marks(words, sure=True), None)
        if mark is not None and mark.name == RESPONSE and mark.closes:
            self._is_over = True
            return self._more(_whole(words[: mark.start]))
        # each piece has all of it read again, and a longer one is refused as a whole
        if len(words) > MOST_CHARS:
            self._is_over = True
            return ""
        held = 0 if mark is not None else held_back(words, self._end_token)
        return self._more(clear_part(words[: len(words) - held], Speaker.COUNSELOR))

    def _more(self, words: str) -> str:
        """Return what has not been shown yet of words that may be shown."""
        more = words[len(self._shown) :] if words.startswith(self._shown) else ""
        self._shown += more
        return more


def _whole(words: str) -> str:
    """Return a complete response as its reader reads it; if it is refused, what was shown before."""
    try:
        return to_words(words, Speaker.COUNSELOR)
    except MalformedReplyError:
        return clear_part(words, Speaker.COUNSELOR)
