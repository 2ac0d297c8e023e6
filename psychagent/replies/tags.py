"""The tagged form of a counselor's reply: thoughts, response and end of session, read and written.

The tag names are defined only here; `stream`, which shows a reply while it arrives, and `strip`,
which extracts the spoken words of a stored one, build on them.
"""

from __future__ import annotations

import re

from psychagent.domain.base import Language
from psychagent.domain.turn import Thoughts
from psychagent.errors import MalformedReplyError
from psychagent.replies.reply import CounselorReply, has_thoughts, named_skills, require_same

THINK, RESPONSE = "think", "response"
FIELDS = ("assessment", "client_state", "skill", "strategy")
"""The fields of a thought, in the order in which they are written."""
PRIVATE_NAMES = (THINK, *FIELDS)
TAG_NAMES = (*PRIVATE_NAMES, RESPONSE)
# `(?a:...)` keeps to ASCII letters: without it `ſ` and `K` (Kelvin) count as s and k, whatever their case
ANY_TAG = rf"(?a:</?(?:{'|'.join(TAG_NAMES)}))"
"""The beginning of any tag; a word's edge must follow."""

_RESPONSE = re.compile(rf"<{RESPONSE}>(.*?)</{RESPONSE}>", re.DOTALL)
_THINK = re.compile(rf"<{THINK}>(.*?)</{THINK}>", re.DOTALL)
_FIELDS = {name: re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL) for name in FIELDS}
_PRIVATE = re.compile(rf"{ANY_TAG}\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"[;；\n]")
_JOINER = {Language.EN: "; ", Language.ZH: "；"}


def split_thoughts(text: str) -> tuple[str, str]:
    """Split a reply into private reasoning and what is outside it.

    Some chat templates open the reasoning in the prompt, so a reply may hold only the closing tag.

    Raises:
        MalformedReplyError: If reasoning opens and never closes, so that its end is unknown.
    """
    thoughts, outside = "".join(_THINK.findall(text)), _THINK.sub("", text)
    before, closed, behind = outside.rpartition(f"</{THINK}>")
    if f"<{THINK}>" in outside:
        raise MalformedReplyError("<think> is never closed; close it with </think> before the answer")
    return (before + thoughts, behind) if closed else (thoughts, outside)


def parse_tagged_reply(text: str, *, reasoning: str, end_token: str) -> CounselorReply:
    """Read `<think>...</think><response>...</response>` with an optional end token.

    Args:
        text: The message's content, which may include thoughts.
        reasoning: What the server moved to `reasoning_content`; empty where it did not.
        end_token: The mark after the last response of a session.

    Raises:
        MalformedReplyError: If there is not exactly one closed, non-empty response, or if private
            markup stands inside it. Nothing is shown in part: reasoning must not leak.
    """
    thoughts, outside = split_thoughts(text)
    responses = _RESPONSE.findall(outside)
    if len(responses) != 1 or outside.count(f"<{RESPONSE}>") != 1:
        raise MalformedReplyError(
            "the reply must hold exactly one closed <response>...</response> outside <think>; "
            f"found {len(responses)}"
        )
    response = without_end(responses[0], end_token).strip()
    if not response:
        raise MalformedReplyError("the <response> is empty")
    # if a thought was cut out of the response, the rest does not occur in the reply as it is
    if _PRIVATE.search(response) or f"<{RESPONSE}>{responses[0]}</{RESPONSE}>" not in text:
        raise MalformedReplyError("the <response> holds private markup; keep thoughts in <think>")
    return CounselorReply(
        thoughts=parse_thoughts(thoughts or reasoning),
        response=response,
        ends_session=end_token in outside,
    )


def without_end(text: str, end_token: str) -> str:
    """Remove the end token from a text until none is left: removing one may form another."""
    while end_token in text:
        text = text.replace(end_token, "")
    return text


def parse_thoughts(text: str) -> Thoughts:
    """Read the four fields of a thought; free text without fields becomes the assessment."""
    fields = {
        name: match.group(1).strip() for name, pattern in _FIELDS.items() if (match := pattern.search(text))
    }
    if not fields:
        return Thoughts(assessment=text.strip())
    skills = named_skills(_SEPARATOR.split(fields.pop("skill", "")))
    return Thoughts(**fields, skill=skills)


def write_tagged(reply: CounselorReply, *, end_token: str, language: Language) -> str:
    """Write a reply so that `parse_tagged_reply` reads the same; empty thoughts are left out.

    Raises:
        MalformedReplyError: If it would be read as another reply, because its texts hold marks.
    """
    visible = f"<{RESPONSE}>{reply.response}</{RESPONSE}>{end_token if reply.ends_session else ''}"
    text = _write_thoughts(reply.thoughts, language) + visible
    require_same(reply, parse_tagged_reply(text, reasoning="", end_token=end_token))
    return text


def _write_thoughts(thoughts: Thoughts, language: Language) -> str:
    if not has_thoughts(thoughts):
        return ""
    texts = thoughts.model_dump() | {"skill": _JOINER[language].join(thoughts.skill)}
    private = "".join(f"<{name}>{texts[name]}</{name}>" for name in FIELDS)
    return f"<{THINK}>{private}</{THINK}>"
