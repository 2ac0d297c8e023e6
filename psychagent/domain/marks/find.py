"""Mark what a simulator did that no person would: loops, echoes, flips, stage directions. Asks no model.

Knows the turns of one session and nothing of scores: a mark is counted beside them, never averaged in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from psychagent.domain.base import Record, Speaker
from psychagent.domain.turn import Turn

NEAR = 0.8
"""Share of common trigrams from which two turns are one. Of ten words, one changed in the middle leaves .45,
two added at the end .80, three .73: a turn said again passes, one that goes on from it does not."""
FEWEST = 6
"""Tokens below which a repeat is ordinary speech ("I see", "嗯，好的")."""

Grams = frozenset[tuple[str, ...]]

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’][^\W_\u3400-\u9fff]+)*")
# single stars only: ** is emphasis; an emphasis (*never*) is told apart by its first word
_STARRED = re.compile(r"(?<!\*)\*(?!\*)(?P<words>[^*\n]{2,80})\*(?!\*)")
_BRACKETED = re.compile(r"[（【［](?P<words>[\u3400-\u9fff，、]{2,20})[）】］]")
_QUOTED = re.compile(r"[\"“‘「][^\"”’」]{0,200}[\"”’」]")
_SENTENCE = re.compile(r"[^.!?。！？…]+[.!?。！？…]*")
_ROUND = re.compile(r"\((?P<words>[^()\n]{2,40})\)")

LOOKS_BACK = 200
"""Turns among which one is looked for that is said again."""
MOST_FAREWELLS = 3
"""Goodbyes in a row that are ordinary: the client's, the counselor's, and its answer."""


class MarkWords(NamedTuple):
    """Words by which the faults are told, in one language."""

    gestures: re.Pattern[str]
    """Begins what stands between stars or brackets, if it is a gesture."""
    farewells: re.Pattern[str]
    counselor_only: re.Pattern[str]
    """What a client says only if it has taken the counselor's chair."""
    client_only: re.Pattern[str]
    """The same the other way round."""


class Kind(StrEnum):
    """What a simulator did that a person would not."""

    LOOP = "loop"
    """A side says one of its own turns again."""
    ECHO = "echo"
    """A side says the whole of the other's last turn."""
    STAGE = "stage direction"
    """The client describes its gestures instead of speaking."""
    FLIP = "role flip"
    """A side says what only the other could say."""
    GOODBYES = "goodbye ping-pong"
    """Both sides go on saying goodbye; marked once, where each says it a second time."""


class Mark(Record):
    """One fault, at one turn."""

    kind: Kind
    turn: int
    """Index into the session's turns, from 0."""
    speaker: Speaker
    of: int | None = None
    """Index of the turn that is said again."""
    words: str = ""
    """The words that are the fault, where they are not the whole turn."""


def find_marks(turns: Sequence[Turn], words: MarkWords) -> tuple[Mark, ...]:
    """Mark the faults of one session, in the order of its turns.

    A turn that the safety gate spoke is a fixed text: it repeats by design and is never marked.

    Args:
        turns: The session.
        words: Words of its language.
    """
    grams = [_trigrams(turn.text) for turn in turns]
    marks: list[Mark] = []
    for at, turn in enumerate(turns):
        if turn.by_gate:
            continue
        marks += _said_again(turns, grams, at)
        marks += _flips(turn, at, words)
        marks += _goodbyes(turns, at, words)
        if turn.speaker is Speaker.CLIENT:
            marks += [
                Mark(kind=Kind.STAGE, turn=at, speaker=turn.speaker, words=found)
                for found in _stage_directions(turn.text, words)
            ]
    return tuple(marks)


def _flips(turn: Turn, at: int, words: MarkWords) -> Iterator[Mark]:
    """Find at most one passage that belongs to the other side."""
    foreign = words.counselor_only if turn.speaker is Speaker.CLIENT else words.client_only
    found = foreign.search(_without_quotations(turn.text))
    if found:
        yield Mark(kind=Kind.FLIP, turn=at, speaker=turn.speaker, words=found[0])


def _without_quotations(text: str) -> str:
    return _QUOTED.sub(" ", text)


def _goodbyes(turns: Sequence[Turn], at: int, words: MarkWords) -> Iterator[Mark]:
    """Mark the first goodbye beyond the ordinary ones of an unbroken row."""
    # no more than decides it: of thousands of turns each would be read at each
    said = [_is_farewell(turn, words) for turn in turns[max(at - MOST_FAREWELLS - 1, 0) : at + 1]]
    row = said[-MOST_FAREWELLS - 1 :]
    goes_beyond = len(row) > MOST_FAREWELLS and all(row)
    if goes_beyond and (len(said) == len(row) or not said[0]):
        yield Mark(kind=Kind.GOODBYES, turn=at, speaker=turns[at].speaker)


def _is_farewell(turn: Turn, words: MarkWords) -> bool:
    """Return whether a turn takes leave in its last sentences; a goodbye told of in a story does not."""
    ending = " ".join(_SENTENCE.findall(turn.text)[-2:])
    return bool(words.farewells.search(_without_quotations(ending)))


def _said_again(turns: Sequence[Turn], grams: Sequence[Grams], at: int) -> Iterator[Mark]:
    """Find at most one loop, the latest, and an echo of the turn just before."""
    mine = turns[at].speaker
    near = range(max(at - LOOKS_BACK, 0), at)
    earlier = [n for n in near if not turns[n].by_gate and _overlap(grams[n], grams[at]) >= NEAR]
    own = [n for n in earlier if turns[n].speaker is mine]
    if own:
        yield Mark(kind=Kind.LOOP, turn=at, speaker=mine, of=own[-1])
    if at - 1 in earlier and turns[at - 1].speaker is not mine:
        yield Mark(kind=Kind.ECHO, turn=at, speaker=mine, of=at - 1)


def _trigrams(text: str) -> Grams:
    tokens = _TOKEN.findall(text.casefold())
    if len(tokens) < FEWEST:
        return frozenset()
    return frozenset(zip(tokens, tokens[1:], tokens[2:], strict=False))


def _overlap(one: Grams, other: Grams) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _stage_directions(text: str, words: MarkWords) -> Iterator[str]:
    for pattern in (_STARRED, _ROUND, _BRACKETED):
        for found in pattern.finditer(text):
            if words.gestures.match(found["words"]):
                yield found[0]
