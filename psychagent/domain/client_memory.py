"""What the client remembers of its sessions, in its own words; the counselor never sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from psychagent.domain.base import Record
from psychagent.domain.text.clip import clip_to_newest
from psychagent.domain.text.tokens import clip_to_tokens, estimate_tokens

_SAID, _AGREED, _HELD_BACK, _DETAILS = (4, 60), (6, 80), (3, 30), (6, 24)
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
    """What else it said; what it told of a danger first."""
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
    shortened = (_FULL_STOP.sub("", clip_to_newest(" ".join(entry.split()), tokens)) for entry in entries)
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
    """Choose what a prompt shows of the sessions, the last first, of earlier ones what still fits.

    No entry is shown in part, and no older session behind a gap.
    """
    shown: list[Recall] = []
    room = budget
    for recall in reversed(recalls):
        whole = recall if not shown else recall.model_copy(update={"told": (), "held_back": (), "left": ""})
        part, room = _within(whole, room)
        if not shown or part.agreed or part.details or part.said:
            shown.insert(0, part)
        if part != whole:
            break
    return tuple(shown)


def _within(recall: Recall, room: int) -> tuple[Recall, int]:
    """Keep what fits: promises and what was told of danger first, small talk last.

    Small facts come before the rest of what was said: whoever built on one must not be contradicted.
    """
    agreed, room = _fitting(recall.agreed, room)
    first, room = _fitting(recall.said[:1], room)
    left, room = _fitting((recall.left,) if recall.left else (), room)
    held_back, room = _fitting(recall.held_back, room)
    details, room = _fitting(recall.details, room)
    rest, room = _fitting(recall.said[1:] if first else (), room)
    kept = {"agreed": agreed, "said": (*first, *rest), "left": "".join(left), "held_back": held_back}
    return recall.model_copy(update=kept | {"details": details}), room


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
