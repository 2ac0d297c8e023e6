"""Find the settings of an endpoint with which its server answers; knows neither models nor messages.

The server's own words choose what is tried first; what it says is never trusted: only settings with which
it did answer are suggested, and none that it answers without.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
    while problem and asked < most:
        for change in in_order(problem):
            told = await attempt({**found, **change}) if asked < most else problem
            if told != problem:
                # it answers, or stumbles over something else now
                found, problem = {**found, **change}, told
                break
        else:
            return None
    if problem:
        return None
    for name in list(found):
        less = {key: value for key, value in found.items() if key != name}
        if less and not await attempt(less):
            found = less
    return found


def write_change(change: Change) -> str:
    """Write a change as YAML on one line."""
    words = {None: "null", True: "true", False: "false"}
    return ", ".join(f"{name}: {words.get(value, value)}" for name, value in change.items())
