"""Check in code that a quote occurs where the judge says it does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from psychagent.scales.dialogue import Line
from psychagent.scales.scale import Rates

_ELLIPSIS = re.compile(r"\.{2,}|…+|。{2,}")
_SENTENCE_END = re.compile(r"[.!?。！？…]+[”’」』\"')）]*")
_CLAUSE_END = re.compile(r"[.!?。！？…,;:，；：、—]")
_LONG_SENTENCE = 160
_WITHIN_WORDS = frozenset("'’‘`´ʼ")
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
FEWEST_WORDS = 2
FEWEST_LETTERS = 8
"""A shorter quote would match many turns; a Chinese character is a word and counts as two letters."""


def to_words(text: str) -> tuple[str, ...]:
    """Cut a text into words in one width and one case; a Chinese character is a word.

    White space and punctuation do not count, but they separate words; an apostrophe does not.
    """
    folded = unicodedata.normalize("NFKC", text.translate(dict.fromkeys(map(ord, _WITHIN_WORDS)))).casefold()
    return tuple("".join(map(_mark, folded)).split())


def complete_quote(lines: Sequence[Line], turn: int, text: str) -> str:
    """Return the passage of a turn that starts with the given words, to the end of its sentence.

    A long sentence ends at its next comma. Words that are not found there are returned as they are.
    """
    if not 1 <= turn <= len(lines):
        return text
    said, start = lines[turn - 1].text, to_words(text)
    places = list(_places(said))
    at = _find(tuple(word for word, _, _ in places), start, 0) if _is_long(start) else -1
    if at < 0:
        return text
    first, last = places[at][1], places[at + len(start) - 1][2]
    end = _end_of(_SENTENCE_END, said, last)
    if end - first > _LONG_SENTENCE:
        end = min(end, _end_of(_CLAUSE_END, said, max(last, first + _LONG_SENTENCE // 2)))
    return said[first:end].strip()


def _places(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of a text as `to_words` cuts them, each with its start and end."""
    word, start, end = "", 0, 0
    for place, char in enumerate(text):
        if char in _WITHIN_WORDS:
            continue
        folded = unicodedata.normalize("NFKC", char).casefold()
        for letter in "".join(map(_mark, folded)):
            if letter == " ":
                if word:
                    yield word, start, end
                word = ""
                continue
            start = start if word else place
            word, end = word + letter, place + 1
    if word:
        yield word, start, end


def _end_of(mark: re.Pattern[str], text: str, start: int) -> int:
    """Return the end of the next mark; the end of the text if there is none."""
    found = mark.search(text, start)
    return found.end() if found else len(text)


def _mark(char: str) -> str:
    if _CHINESE.match(char):
        return f" {char} "
    category = unicodedata.category(char)
    if category == "Cf":  # zero-width marks occur inside words
        return ""
    return char if category[0] in "LNM" else " "


def quote_problem(lines: Sequence[Line], rates: Rates, turn: int, text: str) -> str:
    """Say why a quote does not count; empty if it does.

    Args:
        lines: The dialogue, turn 1 first.
        rates: Whose words count for the item.
        turn: The number that the judge gave.
        text: The words that the judge gave; parts around an ellipsis must follow each other, and
            each must be long enough by itself.
    """
    if not 1 <= turn <= len(lines):
        return "no such turn"
    line = lines[turn - 1]
    if rates not in ("either", line.speaker.value):
        return "other speaker"
    said, whole = to_words(line.text), to_words(text)
    if whole and whole == said:
        return ""
    # an ellipsis may also be the speaker's own
    if _is_long(whole) and _find(said, whole, 0) >= 0:
        return ""
    parts = [part for part in map(to_words, _ELLIPSIS.split(text)) if part]
    if not parts or not all(map(_is_long, parts)):
        return "too short"
    at = 0
    for part in parts:
        place = _find(said, part, at)
        if place < 0:
            return "not in that turn"
        at = place + len(part)
    return ""


def _is_long(words: Sequence[str]) -> bool:
    letters = sum(2 if _CHINESE.match(word) else len(word) for word in words)
    return len(words) >= FEWEST_WORDS and letters >= FEWEST_LETTERS


def _find(said: Sequence[str], part: Sequence[str], start: int) -> int:
    """Return the first position, from `start` on, of a run of whole words; -1 if there is none."""
    last = len(said) - len(part)
    return next((at for at in range(start, last + 1) if said[at : at + len(part)] == part), -1)
