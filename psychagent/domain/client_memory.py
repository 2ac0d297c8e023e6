"""What the client remembers of its sessions, in its own words; the counselor never sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from psychagent.domain.base import Record
from psychagent.domain.tokens import clip_to_tokens, estimate_tokens

_SAID, _AGREED, _HELD_BACK, _DETAILS = (4, 36), (3, 80), (3, 30), (6, 24)
"""Most entries of each kind, and most tokens of one."""
_LEFT_TOKENS = 45
_FULL_STOP = re.compile(r"(?<!\.)[.。；;]$")
REMEMBERED_TOKENS = 700
"""Token budget of all remembered sessions in a prompt."""
TOLD_TOKENS = 260
"""Token budget of the lines that a prompt lists as told."""


Entry = Annotated[str, Field(json_schema_extra={"maxLength": 200})]


class RecallReply(BaseModel):
    """What the client's model writes after a session; lines of the profile are named by number."""

    told: tuple[int, ...] = Field(default=(), json_schema_extra={"maxItems": 20})
    said: tuple[Entry, ...] = Field(default=(), json_schema_extra={"maxItems": _SAID[0]})
    agreed: tuple[Entry, ...] = Field(default=(), json_schema_extra={"maxItems": _AGREED[0]})
    held_back: tuple[Entry, ...] = Field(default=(), json_schema_extra={"maxItems": _HELD_BACK[0]})
    details: tuple[Entry, ...] = Field(default=(), json_schema_extra={"maxItems": _DETAILS[0]})
    left: Entry = ""


class Recall(Record):
    """One session as the client remembers it."""

    session_index: int
    told: tuple[str, ...] = ()
    """The lines of its profile that it told, as they stand there."""
    said: tuple[str, ...] = ()
    """What else it said."""
    agreed: tuple[str, ...] = ()
    """What it agreed to do until next time, above all for its safety."""
    held_back: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    """Small facts that it mentioned and its profile does not hold."""
    left: str = ""
    """How it left."""


def to_recall(reply: RecallReply, lines: Sequence[str], *, session_index: int) -> Recall:
    """Take a reply into the record: numbers become lines, unknown ones are left out, long texts shortened.

    Args:
        reply: What the model wrote.
        lines: The lines that it was shown, numbered from 1.
        session_index: The session that it remembers.
    """
    numbers = sorted({number for number in reply.told if 1 <= number <= len(lines)})
    return Recall(
        session_index=session_index,
        told=tuple(lines[number - 1] for number in numbers),
        said=_bounded(reply.said, *_SAID),
        agreed=_bounded(reply.agreed, *_AGREED),
        held_back=_bounded(reply.held_back, *_HELD_BACK),
        details=_bounded(reply.details, *_DETAILS),
        left=clip_to_tokens(" ".join(reply.left.split()), _LEFT_TOKENS),
    )


def _bounded(entries: Iterable[str], most: int, tokens: int) -> tuple[str, ...]:
    # a prompt puts the entries in a row
    shortened = (_FULL_STOP.sub("", clip_to_tokens(" ".join(entry.split()), tokens)) for entry in entries)
    return tuple(entry for entry in shortened if entry)[:most]


def told_lines(recalls: Sequence[Recall]) -> tuple[str, ...]:
    """List the lines that were told in any session, oldest first."""
    return tuple(dict.fromkeys(line for recall in recalls for line in recall.told))


def recent_lines(lines: Sequence[str], *, budget: int = TOLD_TOKENS) -> tuple[str, ...]:
    """Keep the newest lines that fit, in their order."""
    kept: list[str] = []
    for line in reversed(lines):
        budget -= estimate_tokens(line) + 1
        if budget < 0:
            break
        kept.insert(0, line)
    return tuple(kept)


def view_recalls(recalls: Sequence[Recall], *, budget: int = REMEMBERED_TOKENS) -> tuple[Recall, ...]:
    """Choose what a prompt shows of the sessions: the last in full, of earlier ones what still fits.

    Of an earlier session the small facts come first: whoever built on one must not be contradicted.
    The oldest entries are dropped first, and no entry is shown in part.
    """
    if not recalls:
        return ()
    *earlier, last = recalls
    shown = [last]
    room = budget - _cost((*last.said, *last.agreed, *last.held_back, *last.details, last.left))
    for recall in reversed(earlier):
        agreed, room = _fitting(recall.agreed, room)
        details, room = _fitting(recall.details, room)
        said, room = _fitting(recall.said, room)
        if agreed or details or said:
            part = Recall(session_index=recall.session_index, said=said, agreed=agreed, details=details)
            shown.insert(0, part)
        if (agreed, details, said) != (recall.agreed, recall.details, recall.said):
            # an older one that happens to fit would stand behind a gap
            break
    return tuple(shown)


def _fitting(entries: Sequence[str], room: int) -> tuple[tuple[str, ...], int]:
    taken: list[str] = []
    for entry in entries:
        if _cost((entry,)) > room:
            break
        taken.append(entry)
        room -= _cost((entry,))
    return tuple(taken), room


def _cost(entries: Iterable[str]) -> int:
    return sum(estimate_tokens(entry) + 2 for entry in entries)
