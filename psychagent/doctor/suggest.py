"""Find the settings of an endpoint with which its server answers; knows neither models nor messages.

The server's own words choose what is tried first; what it says is never trusted: only settings with which
it did answer are suggested, and none that it answers without.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from psychagent.domain.words.value import as_text

Change = Mapping[str, Any]
"""Fields of an endpoint's settings -> other values."""
Try = Callable[[Change], Awaitable[str]]
"""Asks the server with some settings changed; returns what is wrong, or nothing where it answers."""


class WayRound(NamedTuple):
    """A change of settings that gets round a server's refusal."""

    said: str
    """Pattern of what a server says that refuses the field."""
    change: Change


WAYS: tuple[WayRound, ...] = (
    WayRound(r"\bseed\b", {"send_seed": False}),
    WayRound(r"response_format|json|schema|guided|grammar|shape", {"structured": "json_object"}),
    WayRound(r"response_format|json|schema|guided|grammar|shape", {"structured": "none"}),
    WayRound(r"max_(completion_)?tokens", {"max_tokens_field": "max_completion_tokens"}),
    WayRound(r"max_(completion_)?tokens", {"max_tokens": None}),
    WayRound(r"temperature", {"temperature": None}),
    WayRound(r"top_p", {"top_p": None}),
    WayRound(r"system|developer|alternate|role", {"system_role": "fold"}),
    WayRound(r"system|role", {"system_role": "developer"}),
    WayRound(r"stream", {"stream": True}),
)
_BARE: Change = {
    "send_seed": False,
    "structured": "none",
    "temperature": None,
    "top_p": None,
    "system_role": "fold",
}
BARE: tuple[Change, ...] = tuple(
    {**_BARE, **bound, **way}
    for bound in ({}, {"max_tokens_field": "max_completion_tokens"}, {"max_tokens": None})
    for way in ({}, {"stream": True})
)
"""Requests that ask for next to nothing: tried where a server refuses several fields and names none."""

WHY: Mapping[str, str] = {
    "send_seed": "it refuses a seed",
    "structured": "it gives no typed reply in the way that was set",
    "max_tokens_field": "it refuses max_tokens",
    "max_tokens": "it refuses a bound of replies, which may now be long",
    "temperature": "it refuses this temperature",
    "top_p": "it refuses top_p",
    "system_role": "it refuses the role of the instructions",
    "stream": "it answers in a stream alone",
}
"""Why a field is changed; what is found is needed, each part of it."""


def in_order(problem: str, ways: Sequence[WayRound] = WAYS) -> list[Change]:
    """Sort changes: those that the server's words speak of first."""
    return [way.change for way in sorted(ways, key=lambda way: not re.search(way.said, problem, re.I))]


async def find_settings(works: Try, problem: str, *, most: int = 40) -> Change | None:
    """Search for a change of settings with which a server answers.

    Args:
        works: Asks the server.
        problem: What it said to the settings as they are.
        most: Most questions.

    Returns:
        The smallest change found; None if there is none.
    """
    asked = 0

    async def attempt(change: Change) -> str:
        nonlocal asked
        asked += 1
        return await works(change)

    found: Change = {}
    left = in_order(problem)
    while problem and left and asked < most - len(BARE):
        change = left.pop(0)
        told = await attempt({**found, **change})
        if _gist(told) != _gist(problem):
            # it answers, or stumbles over something else now, which what did not help may get round
            found, problem = {**found, **change}, told
            taken = [way for way in WAYS if not found.items() >= way.change.items()]
            left = in_order(problem, taken)
    if problem:
        return await _from_bare(attempt, lambda: asked < most)
    return await _needed(attempt, found)


def _gist(told: str) -> str:
    """Leave out what differs from answer to answer: numbers of requests, times."""
    return re.sub(r"\S*\d\S*", "", told.partition("HTTP ")[2] or told) if told else ""


async def _from_bare(attempt: Try, may: Callable[[], bool]) -> Change | None:
    """Search from requests that ask for next to nothing."""
    for bare in BARE:
        if may() and not await attempt(bare):
            found = await _needed(attempt, bare)
            if found.get("structured") == "none":
                better = {**found, "structured": "json_object"}
                return found if await attempt(better) else better
            return found
    return None


async def _needed(attempt: Try, found: Change) -> Change:
    """Leave out of a change what a server answers without."""
    for name in list(found):
        less = {key: value for key, value in found.items() if key != name}
        if less and not await attempt(less):
            found = less
    return found


def write_value(value: Any) -> str:
    """Write a plain value as YAML."""
    return as_text(value)


def write_change(change: Change) -> str:
    """Write a change as YAML on one line."""
    return ", ".join(f"{name}: {write_value(value)}" for name, value in change.items())


def explain_change(change: Change) -> str:
    """Write a change with its reasons."""
    return ", ".join(f"{write_change({name: value})} ({WHY[name]})" for name, value in change.items())
