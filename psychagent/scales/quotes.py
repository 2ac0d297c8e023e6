"""Check by code that a quote stands where the judge says that it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from psychagent.scales.dialogue import Line
from psychagent.scales.scale import Rates

_ELLIPSIS = re.compile(r"\.{2,}|…+|。{2,}")
SHORTEST = 2
"""Fewest letters or characters of a quote: a shorter one stands nearly everywhere."""


def normalize(text: str) -> str:
    """Keep letters and digits only, in one width and one case: white space and punctuation do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNM")


def quote_problem(lines: Sequence[Line], rates: Rates, turn: int, text: str) -> str:
    """Say why a quote does not count; empty where it does.

    Args:
        lines: The dialogue, turn 1 first.
        rates: Whose words count for the item.
        turn: The number that the judge gave.
        text: The words that the judge gave; parts around an ellipsis must follow each other.
    """
    if not 1 <= turn <= len(lines):
        return "no such turn"
    line = lines[turn - 1]
    if rates not in ("either", line.speaker.value):
        return "other speaker"
    said = normalize(line.text)
    parts = [part for part in map(normalize, _ELLIPSIS.split(text)) if part]
    if not parts or (max(map(len, parts)) < SHORTEST and "".join(parts) != said):
        return "too short"
    at = 0
    for part in parts:
        found = said.find(part, at)
        if found < 0:
            return "not in that turn"
        at = found + len(part)
    return ""
