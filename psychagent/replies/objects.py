"""Find the JSON objects of a reply: JSON first, so that a mark quoted in one of its strings is no mark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from psychagent.domain.text.plain import whole
from psychagent.domain.words.reading import why_not_json
from psychagent.replies.lenient import decode
from psychagent.replies.part import part

_DECODER = json.JSONDecoder(strict=False)
_MOST_TRIES = 200
"""Most places at which an object is looked for in vain: each may read to the end of the reply."""
_FENCE = re.compile(r"(?:```|~~~)[^\n`{]*\s*\Z")
_KEPT_CHARS = 200
_BEGINS = re.compile(r"\{\s*(?:[\"'{}\[]|/[/*]|\Z)")
_MOST_LENIENT = 8
"""Most objects with slips of the pen that are looked for in vain: each is read sign by sign."""
_PLACE = "\ue000"


class _Found(NamedTuple):
    data: dict[str, Any]
    start: int
    end: int


class Objects(NamedTuple):
    """The objects of a reply, outside thoughts."""

    data: tuple[dict[str, Any], ...]
    """In the order to try them: fenced ones first, of these and of the others the last first."""
    problem: str
    """Why something that begins like an object is none; empty if all of them are."""


def find_objects(text: str) -> Objects:
    """Find the objects of a reply.

    Raises:
        MalformedReplyError: If its thoughts cannot be parted from the rest.
    """
    text = _unpacked(text)
    found, problem = _scan(text)
    outside = set(_outside(text, found))
    rated = [
        (_FENCE.search(text, max(0, item.start - _KEPT_CHARS), item.start) is not None, item.start, item.data)
        for number, item in enumerate(found)
        if number in outside
    ]
    ordered = sorted(rated, key=lambda item: item[:2], reverse=True)
    return Objects(tuple(data for _, _, data in ordered), problem)


def _unpacked(text: str) -> str:
    """Return what a reply that is one string of JSON holds: an object that was written twice over."""
    bare = text.strip()
    if not bare.startswith('"') or "{" not in bare:
        return text
    try:
        inner = json.loads(bare, strict=False)
    except (ValueError, RecursionError):
        return text
    return inner if isinstance(inner, str) else text


def _scan(text: str) -> tuple[list[_Found], str]:
    """Read every object that stands by itself, and say why the first that seems to be one cannot be read."""
    found: list[_Found] = []
    problem, at, tries, lenient = "", text.find("{"), 0, 0
    while at >= 0 and tries < _MOST_TRIES:
        try:
            data, end = _DECODER.raw_decode(text, at)
            found.append(_Found(_plain(data), at, end))
        except (ValueError, RecursionError) as error:
            end, tries = at + 1, tries + 1
            if _BEGINS.match(text, at):
                lenient += 1
                if lenient <= _MOST_LENIENT and (meant := _meant(text, at)):
                    found.append(meant)
                    end = meant.end
                else:
                    problem = problem or f"the reply is not valid JSON ({why_not_json(error)})"
        at = text.find("{", end)
    return found, problem


def _meant(text: str, at: int) -> _Found | None:
    """Read an object with slips of the pen; None if there is none."""
    try:
        data, end = decode(text, at)
    except (ValueError, RecursionError):
        return None
    return _Found(_plain(data), at, end) if isinstance(data, dict) else None


def _plain(value: Any) -> Any:
    """Clean the strings of a value: an escape may be a control character, or half a character."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {whole(name): _plain(item) for name, item in value.items()} if isinstance(value, dict) else value


def _outside(text: str, found: list[_Found]) -> Iterator[int]:
    """Yield the numbers of the objects outside thoughts."""
    # objects are taken out before thoughts are looked for, so that their strings cannot open or close one
    rest, at = [], 0
    for item in found:
        rest += [text[at : item.start].replace(_PLACE, ""), _PLACE]
        at = item.end
    bare = "".join([*rest, text[at:].replace(_PLACE, "")])
    parted, number = part(bare), 0
    hidden = list(parted.hidden)
    # `part` may have written channels as tags, which changes places but no order
    for place, char in enumerate(parted.text):
        if char == _PLACE:
            if not any(start <= place < end for start, end in hidden):
                yield number
            number += 1
