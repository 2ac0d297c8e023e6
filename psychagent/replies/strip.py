"""Take from a stored utterance what was said aloud, whatever marks its thoughts were left in."""

from __future__ import annotations

import re

from psychagent.errors import RecordError

_PRIVATE = ("think", "assessment", "client_state", "skill", "strategy")
_CLOSED = re.compile(rf"<({'|'.join(_PRIVATE)})\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)
_LEFT = re.compile(rf"</?\s*(?:{'|'.join(_PRIVATE)})\b[^>]*>?", re.IGNORECASE)
_ESCAPED = re.compile(r"&(?:amp;)*(?:(lt|#0*60|#x0*3c)|gt|#0*62|#x0*3e);", re.IGNORECASE)
_SPELLED = "think(?:ing)?|thoughts?|reasoning"
_THINK = re.compile(rf"[<＜◁]\s*(/?)\s*\|?(?:{_SPELLED})\b[^<>＜＞▷]*[>＞▷]", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[\[【［]\s*(/?)\s*(think(?:ing)?|thoughts?)\s*[\]】］]", re.IGNORECASE)
_RESPONSE = re.compile(r"<response>(.*?)(?:</response>|\Z)", re.DOTALL | re.IGNORECASE)
_RESPONSE_TAG = re.compile(r"</?response>", re.IGNORECASE)
_END = re.compile(r"</?\s*end\s*/?>", re.IGNORECASE)


def visible_text(text: str) -> str:
    """Take from a stored utterance what was said aloud.

    Thoughts, private fields, response tags and end marks go. Of several forms in which thoughts
    are left, those that open and never close before a response are cut at the response.

    Raises:
        RecordError: If private markup is left that cannot be told from speech; showing a part of
            it would show thoughts to the judge.
    """
    text = _one_spelling(text)
    found = _RESPONSE.search(_CLOSED.sub("", text))
    words = found.group(1) if found else _CLOSED.sub("", _after_thoughts(text))
    if _LEFT.search(words):
        raise RecordError(
            f"private markup that is never closed ({_LEFT.findall(words)[0]}); mend the utterance"
        )
    return _END.sub("", _RESPONSE_TAG.sub("", words)).strip()


def _one_spelling(text: str) -> str:
    """Write every spelling of the tags around thoughts as `<think>`, escaped angle brackets as themselves."""
    text = _THINK.sub(r"<\1think>", _ESCAPED.sub(lambda m: "<" if m.group(1) else ">", text))
    closed = {m.group(2).lower() for m in _IN_BRACKETS.finditer(text) if m.group(1)}

    def spell(found: re.Match[str]) -> str:
        # "[thinking]" without its closing tag is a stage direction: a client who hesitates
        tag = found.group(2).lower() in {"think", *closed}
        return f"<{found.group(1)}think>" if tag else found.group()

    return _IN_BRACKETS.sub(spell, text)


def _after_thoughts(text: str) -> str:
    """Drop what stands before a closing tag whose opening one the server had in its template."""
    head, mark, tail = text.rpartition("</think>")
    return tail if mark and "<think>" not in head else text
