"""The tagged form of a counselor's reply: thoughts, response and end of session, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from psychagent.domain.base import Language, Speaker
from psychagent.domain.turn import Thoughts
from psychagent.errors import MalformedReplyError
from psychagent.replies.marks import END, FIELDS, RESPONSE, THINK, Mark, end_marks, find_marks, without_end
from psychagent.replies.part import Parted, part
from psychagent.replies.reply import CounselorReply, has_thoughts, named_skills, require_same
from psychagent.replies.words import to_words

_SEPARATOR = re.compile(r"[;；\n]")
_JOINER = {Language.EN: "; ", Language.ZH: "；"}


def parse_tagged_reply(text: str, *, reasoning: str, end_token: str) -> CounselorReply:
    """Read `<think>...</think><response>...</response>` with an optional end token.

    Args:
        text: The message's content, which may include thoughts.
        reasoning: What the server moved to `reasoning_content`; empty where it did not.
        end_token: The mark after the last response of a session, in any spelling of it.

    Raises:
        MalformedReplyError: If there is not exactly one closed, non-empty response, or if private
            markup stands inside it. Nothing is shown in part: reasoning must not leak.
    """
    parted = part(text)
    inside = spoken_response(parted)
    response = without_end(inside, end_token).strip()
    if not response:
        raise MalformedReplyError("the <response> is empty")
    return CounselorReply(
        thoughts=parse_thoughts(parted.thoughts or reasoning),
        response=to_words(response, Speaker.COUNSELOR),
        ends_session=end_marks(end_token).search(parted.outside) is not None,
    )


def spoken_response(parted: Parted) -> str:
    """Return what stands inside the only response of a reply.

    Raises:
        MalformedReplyError: If there is none, or more than one, or a thought inside it.
    """
    pairs = list(_pairs(parted.responses))
    opened = [mark for mark in parted.responses if not mark.closes]
    if len(pairs) != 1 or len(opened) != 1:
        raise MalformedReplyError(
            "the reply must hold exactly one closed <response>...</response> outside <think>; "
            f"found {len(pairs)}"
        )
    ((first, last),) = pairs
    if parted.hides(first.end, last.start):
        raise MalformedReplyError("the <response> holds private markup; keep thoughts in <think>")
    return parted.text[first.end : last.start]


def read_speech(text: str, speaker: Speaker) -> str:
    """Read a reply that should be words alone: its thoughts are cut out, a response is taken for the words.

    So is an end mark, which says nothing where no session can be ended.

    Raises:
        MalformedReplyError: If its thoughts cannot be parted from its words, or it has none.
    """
    parted = part(text)
    spoken = spoken_response(parted) if parted.responses else parted.outside
    return to_words(without_end(spoken, END), speaker)


def parse_plain_reply(text: str, *, reasoning: str, end_token: str) -> CounselorReply:
    """Read a reply that is words alone, with an optional end token; thoughts of the model's own are cut out.

    Args:
        text: The message's content.
        reasoning: What the server moved to `reasoning_content`; empty where it did not.
        end_token: The mark after the last response of a session, in any spelling of it.

    Raises:
        MalformedReplyError: If its thoughts cannot be parted from its words, or it has none.
    """
    parted = part(text)
    spoken = spoken_response(parted) if parted.responses else parted.outside
    return CounselorReply(
        thoughts=parse_thoughts(parted.thoughts or reasoning),
        response=to_words(without_end(spoken, end_token).strip(), Speaker.COUNSELOR),
        ends_session=end_marks(end_token).search(parted.outside) is not None,
    )


def write_plain(reply: CounselorReply, *, end_token: str) -> str:
    """Write a reply's words so that `parse_plain_reply` reads the same; its thoughts have no place in them.

    Raises:
        MalformedReplyError: If it would be read as another reply, because its text holds marks.
    """
    text = f"{reply.response}{end_token if reply.ends_session else ''}"
    require_same(reply.without_thoughts(), parse_plain_reply(text, reasoning="", end_token=end_token))
    return text


def _pairs(marks: Iterable[Mark]) -> Iterator[tuple[Mark, Mark]]:
    """Pair each opening mark with the next closing one."""
    opened: Mark | None = None
    for mark in marks:
        if opened is None:
            opened = None if mark.closes else mark
        elif mark.closes:
            yield opened, mark
            opened = None


def parse_thoughts(text: str) -> Thoughts:
    """Read the four fields of a thought; free text without fields becomes the assessment."""
    fields: dict[str, str] = {}
    for first, last in _pairs_by_name(text):
        fields.setdefault(first.name, text[first.end : last.start].strip())
    if not fields:
        return Thoughts(assessment=text.strip())
    skills = named_skills(_SEPARATOR.split(fields.pop("skill", "")))
    return Thoughts(**fields, skill=skills)


def _pairs_by_name(text: str) -> Iterator[tuple[Mark, Mark]]:
    """Pair the marks of each field in a thought; a field may quote the marks of another."""
    opened: dict[str, Mark] = {}
    for mark in find_marks(text):
        if mark.name not in FIELDS:
            continue
        if not mark.closes:
            opened.setdefault(mark.name, mark)
        elif mark.name in opened:
            yield opened.pop(mark.name), mark


def write_tagged(
    reply: CounselorReply, *, end_token: str, language: Language, with_skills: bool = True
) -> str:
    """Write a reply so that `parse_tagged_reply` reads the same; empty thoughts are left out.

    Args:
        reply: What was thought and said.
        end_token: The mark after the last response of a session.
        language: Which separator stands between skills.
        with_skills: Whether the form has a place for skills; else they are written where any are named.

    Raises:
        MalformedReplyError: If it would be read as another reply, because its texts hold marks.
    """
    visible = f"<{RESPONSE}>{reply.response}</{RESPONSE}>{end_token if reply.ends_session else ''}"
    fields = (
        FIELDS if with_skills or reply.thoughts.skill else tuple(name for name in FIELDS if name != "skill")
    )
    text = _write_thoughts(reply.thoughts, language, fields) + visible
    require_same(reply, parse_tagged_reply(text, reasoning="", end_token=end_token))
    return text


def _write_thoughts(thoughts: Thoughts, language: Language, fields: Sequence[str]) -> str:
    if not has_thoughts(thoughts):
        return ""
    texts = thoughts.model_dump() | {"skill": _JOINER[language].join(thoughts.skill)}
    private = "".join(f"<{name}>{texts[name]}</{name}>" for name in fields)
    return f"<{THINK}>{private}</{THINK}>"
