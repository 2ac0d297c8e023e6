"""What somebody may have meant by a word that is not known: the one place that suggests another."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

KNOWN = "; known: "
"""Before the words that are listed where none is near."""
_TOLD, _TOLD_CHARS = 24, 190
"""So many known words are listed in a message: a folder of somebody else's may hold thousands."""
_CLOSE = 0.5
"""Share of its letters in which a word must agree with another to be suggested in its place."""


def near(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = _CLOSE) -> list[str]:
    """Return the known words nearest to one, the nearest first; capital letters count as small ones."""
    alike: dict[str, list[str]] = {}
    for name in sorted({str(name) for name in known}):
        alike.setdefault(name.casefold(), []).append(name)
    found = difflib.get_close_matches(word.casefold(), alike, n=most, cutoff=cutoff)
    # of words that differ in capital letters alone, the one that was written most alike
    return [name for one in found for name in sorted(alike[one], key=lambda n: -_likeness(word, n))][:most]


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def nearest(word: object, known: Iterable[str]) -> str:
    """Suggest the nearest known word, as the tail of an error message; of many words, the first ones."""
    names = sorted({str(name) for name in known})
    if close := near(str(word), names):
        return f"; did you mean {close[0]!r}?"
    told = names[:_TOLD]
    while len(told) > 1 and sum(map(len, told)) > _TOLD_CHARS:
        told.pop()
    more = f" and {len(names) - len(told)} more" if len(names) > len(told) else ""
    return f"{KNOWN}{', '.join(told)}{more}"
