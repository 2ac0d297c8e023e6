"""Extract what was said aloud from a stored utterance, whatever markup its thoughts are in."""

from __future__ import annotations

import re

from psychagent.errors import RecordError
from psychagent.replies.tags import PRIVATE_NAMES, RESPONSE, TAG_NAMES, THINK

_NAMES = "|".join(PRIVATE_NAMES)
_CLOSED = re.compile(rf"<((?a:{_NAMES}))\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)
_LEFT = re.compile(rf"</?\s*(?a:{_NAMES})\b[^>]*>?", re.IGNORECASE)
_ESCAPED = re.compile(r"&(?:amp;)*(?:(lt|#0*60|#x0*3c)|gt|#0*62|#x0*3e);", re.IGNORECASE)
_SPELLED = rf"{THINK}(?:ing)?|thoughts?|reasoning"
_SPELLED_TAG = re.compile(rf"[<＜◁]\s*(/?)\s*\|?(?a:{_SPELLED})\b[^<>＜＞▷]*[>＞▷]", re.IGNORECASE)
_IN_BRACKETS = re.compile(rf"[\[【［]\s*(/?)\s*((?a:{THINK}(?:ing)?|thoughts?))\s*[\]】］]", re.IGNORECASE)
_RESPONSE = re.compile(rf"<(?a:{RESPONSE})>(.*?)(?:</(?a:{RESPONSE})>|\Z)", re.DOTALL | re.IGNORECASE)
_OPENS = re.compile(rf"<(?a:{RESPONSE})>", re.IGNORECASE)
_RESPONSE_TAG = re.compile(rf"</?(?a:{RESPONSE})>", re.IGNORECASE)
_END = re.compile(r"</?\s*end\s*/?>", re.IGNORECASE)
_ANY = re.compile(rf"</?\s*\|?(?a:{'|'.join(TAG_NAMES)}|{_SPELLED}|end)\b", re.IGNORECASE)


def visible_text(text: str) -> str:
    """Extract what was said aloud from a stored utterance.

    Thoughts, private fields, response tags and end marks are removed. Thoughts that open and never
    close before a response are cut at the response.

    Raises:
        RecordError: If the remaining private markup cannot be separated from speech, or there are several
            responses, one of which may be a draft in thoughts: part of it would show thoughts to
            the judge.
    """
    text = _one_spelling(_opened(text))
    outside = _CLOSED.sub("", text)
    if len(_OPENS.findall(outside)) > 1:
        raise RecordError("several responses, of which one may be private; mend the utterance")
    match = _RESPONSE.search(outside)
    words = match.group(1) if match else _CLOSED.sub("", _after_thoughts(text))
    if _LEFT.search(words):
        raise RecordError(
            f"private markup that is never closed ({_LEFT.findall(words)[0]}); mend the utterance"
        )
    return _END.sub("", _RESPONSE_TAG.sub("", words)).strip()


def _opened(text: str) -> str:
    """Unescape angle brackets if that reveals a tag; otherwise they are part of what was said."""
    opened = _ESCAPED.sub(lambda m: "<" if m.group(1) else ">", text)
    return opened if len(_ANY.findall(opened)) > len(_ANY.findall(text)) else text


def _one_spelling(text: str) -> str:
    """Write every spelling of the tags around thoughts as `<think>`."""
    text = _SPELLED_TAG.sub(rf"<\1{THINK}>", text)
    closed = {m.group(2).lower() for m in _IN_BRACKETS.finditer(text) if m.group(1)}

    def spell(match: re.Match[str]) -> str:
        # "[thinking]" without its closing tag is a stage direction: a client who hesitates
        tag = match.group(2).lower() in {THINK, *closed}
        return f"<{match.group(1)}{THINK}>" if tag else match.group()

    return _IN_BRACKETS.sub(spell, text)


def _after_thoughts(text: str) -> str:
    """Drop what precedes a closing tag whose opening tag was in the server's template."""
    head, mark, tail = text.rpartition(f"</{THINK}>")
    return tail if mark and f"<{THINK}>" not in head else text
