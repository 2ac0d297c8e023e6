"""What a judge may see of a session: the words that were spoken, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cached_property

from psychagent.domain.base import Language, Modality, Record, Speaker
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
_OPENER = re.compile(r"\s*(\[[^\[\]]*\]|【[^【】]*】)\s*")
_CJK = re.compile(r"[\u3400-\u9fff]")
_ANGLES = str.maketrans("<>", "‹›")


class Line(Record):
    """One utterance, without thoughts or markup."""

    speaker: Speaker
    text: str


class Dialogue(Record):
    """One session as a judge reads it."""

    case_id: str
    modality: Modality
    session_index: int = 1
    language: Language
    lines: tuple[Line, ...]
    profile: str = ""
    """The client's profile, for scales that declare it as input."""
    plan: str = ""
    """The plan, for scales that declare it as input."""

    @cached_property
    def hash(self) -> str:
        """sha256 of all that a judge could read of it."""
        data = [[line.speaker.value, line.text] for line in self.lines]
        text = json.dumps([data, self.profile, self.plan], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


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


def is_opener(line: Line) -> bool:
    """Tell whether a first line is the stage direction that fills the user slot, not speech."""
    return line.speaker is Speaker.CLIENT and bool(_OPENER.fullmatch(line.text))


def to_lines(utterances: Sequence[tuple[Speaker, str]]) -> tuple[Line, ...]:
    """Make lines of utterances, visible words only; an opener and empty lines are left out.

    Raises:
        RecordError: Naming the utterance whose thoughts cannot be told from its words.
    """
    lines = []
    for number, (speaker, text) in enumerate(utterances, start=1):
        try:
            lines.append(Line(speaker=speaker, text=visible_text(text)))
        except RecordError as error:
            raise RecordError(f"utterance {number}: {error}") from error
    if lines and is_opener(lines[0]):
        lines = lines[1:]
    return tuple(line for line in lines if line.text)


def guess_language(lines: Sequence[Line]) -> Language:
    """Chinese where more than one character in five is Chinese, else English."""
    text = "".join(line.text for line in lines)
    return Language.ZH if len(_CJK.findall(text)) * 5 > len(text) else Language.EN


def fenced(text: str) -> str:
    """Write a text so that it can neither close its fence nor pose as another line of it."""
    return " ".join(text.translate(_ANGLES).split())
