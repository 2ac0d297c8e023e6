"""Mark what a simulator did that no person would: loops, echoes, stage directions. Asks no model.

Knows the turns of one session and nothing of scores: a mark is counted beside them, never averaged in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from psychagent.domain.base import Record, Speaker
from psychagent.domain.turn import Turn

NEAR = 0.8
"""Share of common trigrams from which two turns are one. Of ten words, one changed in the middle leaves .45,
two added at the end .80, three .73: a turn said again passes, one that goes on from it does not."""
FEWEST = 6
"""Tokens below which a repeat is ordinary speech ("I see", "嗯，好的")."""

Grams = frozenset[tuple[str, ...]]

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’][^\W_\u3400-\u9fff]+)*")
# single stars only: ** is emphasis; an emphasis (*never*) is told apart by its first word, see _ACTS
_STARRED = re.compile(r"(?<!\*)\*(?!\*)(?P<words>[^*\n]{2,80})\*(?!\*)")
_BRACKETED = re.compile(r"[（【［](?P<words>[\u3400-\u9fff，、]{2,20})[）】］]")
_ROUND = re.compile(r"\((?P<words>[^()\n]{2,40})\)")
# third person and whole verbs: "(looking back, ...)", "(shift work)" and "*clearly*" are speech
_ACTS = re.compile(
    r"(?:(?:softly|quietly|slowly|nervously|gently|long|deep|awkward|brief|small) )?"
    r"(?:(?:sigh|pause|nod|shrug|laugh|chuckle|smile|sob|whisper|fidget|sniff|hesitate|exhale|inhale)s?"
    r"|silence|wipes|cries|crying|swallows|stares|tears? up|takes? a (?:deep )?breath"
    r"|clears (?:his|her|my) throat"
    r"|(?:looks|glances|leans|shifts) (?:down|up|away|at|back|forward|in|out|aside))\b",
    re.IGNORECASE,
)
_ACTS_ZH = re.compile(
    r"沉默|停顿|叹了?口?气|点了?点?头|摇了?摇?头|低下?着?头|抬起?头|苦笑|微笑|哽咽|流泪|抹了?抹?眼泪|擦了?擦?眼泪"
    r"|深吸一?口?气|深呼吸|犹豫了?一?下?|皱了?皱?眉|耸了?耸?肩"
)


class Kind(StrEnum):
    """What a simulator did that a person would not."""

    LOOP = "loop"
    """A side says one of its own turns again."""
    ECHO = "echo"
    """A side says the whole of the other's last turn."""
    STAGE = "stage direction"
    """The client describes its gestures instead of speaking."""


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


def find_marks(turns: Sequence[Turn]) -> tuple[Mark, ...]:
    """Mark the faults of one session, in the order of its turns.

    A turn that the safety gate spoke is a fixed text: it repeats by design and is never marked.
    """
    grams = [_trigrams(turn.text) for turn in turns]
    marks: list[Mark] = []
    for at, turn in enumerate(turns):
        if not turn.by_gate:
            marks += _said_again(turns, grams, at)
            if turn.speaker is Speaker.CLIENT:
                marks += [
                    Mark(kind=Kind.STAGE, turn=at, speaker=turn.speaker, words=words)
                    for words in _stage_directions(turn.text)
                ]
    return tuple(marks)


def _said_again(turns: Sequence[Turn], grams: Sequence[Grams], at: int) -> Iterator[Mark]:
    """Find at most one loop, the latest, and an echo of the turn just before."""
    mine = turns[at].speaker
    earlier = [n for n in range(at) if not turns[n].by_gate and _overlap(grams[n], grams[at]) >= NEAR]
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


def _stage_directions(text: str) -> Iterator[str]:
    for pattern in (_STARRED, _ROUND):
        for found in pattern.finditer(text):
            if _ACTS.match(found["words"]) or _ACTS_ZH.match(found["words"]):
                yield found[0]
    for found in _BRACKETED.finditer(text):
        if _ACTS_ZH.match(found["words"]):
            yield found[0]
