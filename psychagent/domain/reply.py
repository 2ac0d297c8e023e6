"""Read a counselor's raw reply: private thoughts, visible response, end of session."""

from __future__ import annotations

import re

from psychagent.domain.base import Record
from psychagent.domain.turn import Thoughts

_RESPONSE = re.compile(r"<response>(.*?)</response>", re.DOTALL)
_THINK = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_TAG_NAMES = ("think", "assessment", "client_state", "skill", "strategy", "response")
_ANY_TAG = rf"</?(?:{'|'.join(_TAG_NAMES)})"
_PRIVATE = re.compile(rf"{_ANY_TAG}\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"[;；\n]")


class CounselorReply(Record):
    """A counselor's reply, taken apart."""

    thoughts: Thoughts
    response: str
    ends_session: bool


class MalformedReplyError(ValueError):
    """A reply that does not have the form that was asked for; the message tells the model why."""


def split_thoughts(text: str) -> tuple[str, str]:
    """Take a reply apart into private reasoning and what stands outside it.

    Some chat templates open the reasoning in the prompt, so a reply may hold the closing tag alone.

    Raises:
        MalformedReplyError: If reasoning was begun and not closed: where it ends cannot be told.
    """
    thoughts, outside = "".join(_THINK.findall(text)), _THINK.sub("", text)
    before, closed, behind = outside.rpartition("</think>")
    if "<think>" in outside:
        raise MalformedReplyError("<think> is never closed; close it with </think> before the answer")
    return (before + thoughts, behind) if closed else (thoughts, outside)


def parse_tagged_reply(text: str, *, reasoning: str, end_token: str) -> CounselorReply:
    """Read `<think>...</think><response>...</response>` with an optional end token.

    Args:
        text: The message's content; thoughts may stand in it.
        reasoning: What the server moved to `reasoning_content`; empty where it did not.
        end_token: The mark after the last response of a session.

    Raises:
        MalformedReplyError: If there is not exactly one closed, non-empty response, or if private
            markup stands inside it. Nothing is shown in part: reasoning must not leak.
    """
    thoughts, outside = split_thoughts(text)
    found = _RESPONSE.findall(outside)
    if len(found) != 1 or outside.count("<response>") != 1:
        raise MalformedReplyError(
            "the reply must hold exactly one closed <response>...</response> outside <think>; "
            f"found {len(found)}"
        )
    response = found[0].replace(end_token, "").strip()
    if not response:
        raise MalformedReplyError("the <response> is empty")
    # a thought that was cut out of the response leaves words that do not stand so in the reply
    if _PRIVATE.search(response) or f"<response>{found[0]}</response>" not in text:
        raise MalformedReplyError("the <response> holds private markup; keep thoughts in <think>")
    return CounselorReply(
        thoughts=parse_thoughts(thoughts or reasoning),
        response=response,
        ends_session=end_token in outside,
    )


def parse_thoughts(text: str) -> Thoughts:
    """Read the four fields of a thought; free text without fields becomes the assessment."""
    fields = {
        name: match.group(1).strip()
        for name in ("assessment", "client_state", "skill", "strategy")
        if (match := re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL))
    }
    if not fields:
        return Thoughts(assessment=text.strip())
    skills = tuple(s.strip() for s in _SEPARATOR.split(fields.pop("skill", "")) if s.strip())
    return Thoughts(**fields, skill=skills)


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
        tags = [f"<{slash}{name}" for name in _TAG_NAMES for slash in ("", "/")]
        self._marks = (*tags, end_token.lower())
        self._stop = re.compile(rf"(?-i:{re.escape(end_token)})|{_ANY_TAG}(?=\W)", re.IGNORECASE)

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
