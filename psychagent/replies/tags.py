"""Read a counselor's raw reply: private thoughts, visible response, end of session."""

from __future__ import annotations

import re

from psychagent.domain.base import Record
from psychagent.domain.turn import Thoughts
from psychagent.errors import MalformedReplyError

_RESPONSE = re.compile(r"<response>(.*?)</response>", re.DOTALL)
_THINK = re.compile(r"<think>(.*?)</think>", re.DOTALL)
TAG_NAMES = ("think", "assessment", "client_state", "skill", "strategy", "response")
ANY_TAG = rf"</?(?:{'|'.join(TAG_NAMES)})"
_PRIVATE = re.compile(rf"{ANY_TAG}\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"[;；\n]")


class CounselorReply(Record):
    """A counselor's reply, taken apart."""

    thoughts: Thoughts
    response: str
    ends_session: bool


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
