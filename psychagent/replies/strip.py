"""Extract what was said aloud from a stored utterance, whatever markup its thoughts are in."""

from __future__ import annotations

from itertools import dropwhile

from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.marks import END, RESPONSE, end_marks, find_marks
from psychagent.replies.part import Parted, part
from psychagent.replies.words import why_not_one, why_private, without_tokens

_END = end_marks(END)


def visible_text(text: str) -> str:
    """Extract what was said aloud from a stored utterance.

    Thoughts, private fields, response tags, end marks and tokens of chat templates are removed. Thoughts
    that open and never close are cut at the response that ends the utterance.

    Raises:
        RecordError: If the remaining private markup cannot be separated from speech, or there are several
            responses, one of which may be a draft in thoughts: part of it would show thoughts to
            the judge.
    """
    try:
        spoken = _spoken(part(text))
    except MalformedReplyError as error:
        last = _last_response(text)
        if last is None:
            raise RecordError(f"{error}; mend the utterance") from error
        spoken = last
    words = without_tokens(_END.sub("", spoken)).strip()
    if problem := why_private(spoken) or why_private(words) or why_not_one(words):
        raise RecordError(f"{problem}; mend the utterance")
    return words


def has_private(text: str) -> bool:
    """Return whether an utterance that should be words alone holds thoughts, or may hold them."""
    try:
        visible_text(text)
        return bool(part(text).hidden)
    except (RecordError, MalformedReplyError):
        return True


def _last_response(text: str) -> str | None:
    """Return the response behind thoughts that never close, if it is the only one and ends the utterance."""
    marks = list(dropwhile(lambda mark: mark.name != RESPONSE, find_marks(text)))
    if not marks or marks[0].closes or not all(mark.name == RESPONSE and mark.closes for mark in marks[1:]):
        return None
    first, *closed = marks
    end = closed[0].start if closed else len(text)
    return (
        text[first.end : end] if not _END.sub("", text[closed[0].end :] if closed else "").strip() else None
    )


def _spoken(parted: Parted) -> str:
    """Return what stands in the response, to its end if it is not closed; without one, all that is outside.

    Raises:
        MalformedReplyError: If there are several, or a thought inside it.
    """
    opened = [mark for mark in parted.responses if not mark.closes]
    if not opened:
        marks = [(mark.start, mark.end) for mark in parted.responses]
        return Parted(parted.text, tuple(sorted([*parted.hidden, *marks])), "", ()).outside
    if len(opened) > 1:
        raise MalformedReplyError("several responses, of which one may be private")
    start = opened[0].end
    closed = [mark.start for mark in parted.responses if mark.closes and mark.start >= start]
    end = min(closed, default=len(parted.text))
    hidden = tuple((a - start, b - start) for a, b in parted.hidden if a >= start and b <= end)
    return Parted(parted.text[start:end], hidden, "", ()).outside
