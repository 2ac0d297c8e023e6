"""Read a counselor's raw reply: private thoughts, visible response, end of session."""

from __future__ import annotations

import re

from psychagent.domain.base import Record
from psychagent.domain.turn import Thoughts

_RESPONSE = re.compile(r"<response>(.*?)</response>", re.DOTALL)
_THINK = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_KNOWN_TAG = re.compile(r"</?(?:think|assessment|client_state|skill|strategy|response)\b[^>]*>")
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
    if _KNOWN_TAG.search(response):
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

    Feed it pieces of content as they come; it returns what may be shown so far. Holds back
    whatever might yet turn out to be the beginning of a tag.
    """

    def __init__(self, end_token: str) -> None:
        """Start before any response."""
        self._buffer = ""
        self._inside = False
        self._thinking = False
        self._end_token = end_token

    def feed(self, piece: str) -> str:
        """Take a piece of the reply and return the words that may be shown."""
        self._buffer += piece
        shown = ""
        while True:
            step = self._step()
            if step is None:
                return shown
            shown += step

    def _step(self) -> str | None:
        if self._inside:
            return self._step_inside()
        marks = ("</think>",) if self._thinking else ("<response>", "<think>")
        places = [(self._buffer.find(m), m) for m in marks if m in self._buffer]
        if not places:
            return None
        at, mark = min(places)
        self._buffer = self._buffer[at + len(mark) :]
        self._thinking, self._inside = mark == "<think>", mark == "<response>"
        return ""

    def _step_inside(self) -> str | None:
        for mark in ("</response>", self._end_token):
            at = self._buffer.find(mark)
            if at >= 0:
                shown = self._buffer[:at]
                self._buffer = self._buffer[at + len(mark) :]
                self._inside = mark == self._end_token
                return shown
        at = self._buffer.find("<")
        if at == 0:
            return None
        shown = self._buffer if at < 0 else self._buffer[:at]
        self._buffer = self._buffer[len(shown) :]
        return shown or None
