"""What the scripted judge counts in a dialogue: each feature a number in 0..1 and the turns behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

COUNSELOR, CLIENT = "counselor", "client"
_QUOTED = re.compile(r"[“\"「『][^”\"」』]*[”\"」』]")
_SENTENCE = re.compile(r"[^.!?。！？…]+[.!?。！？…”\"']*")
_TOKEN = re.compile(r"[a-z']{4,}|[\u4e00-\u9fff]")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_UNIT = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]")
_LONG, _SHORT, _LONGEST_QUOTE = 90, 12, 160
_STOCK_EMPATHY = 0.2
_FIRST_WORDS, _FIRST_CHARACTERS, _MOSTLY = 6, 8, 0.6


@dataclass(frozen=True)
class Spoken:
    """One turn as the script reads it: sentences addressed to a rater are left out."""

    number: int
    speaker: str
    text: str
    claims: str = ""
    """Its sentences that praise the session or name a technique, which show nothing."""

    @property
    def low(self) -> str:
        """The text in lower case."""
        return self.text.lower()


@dataclass(frozen=True)
class Feature:
    """How strongly something is present, 0 to 1, with the turns that show it."""

    value: float
    hits: tuple[tuple[int, str, str], ...] = ()
    """Turn number, speaker and a sentence of the turn."""


def read_turns(
    turns: Sequence[Mapping[str, str]], to_judge: Sequence[str], claims: Sequence[str] = ()
) -> list[Spoken]:
    """Read the turns of a prompt, dropping sentences addressed to a rater and setting claims apart."""
    spoken = []
    for number, turn in enumerate(turns, start=1):
        ((speaker, text),) = turn.items()
        parts = [part for part in sentences(text) if not _has(part, to_judge)]
        said = "".join(part for part in parts if not _has(part, claims)).strip()
        if parts:
            claimed = "".join(part for part in parts if _has(part, claims)).strip()
            spoken.append(Spoken(number, speaker, said, claimed))
    return spoken


def _has(sentence: str, marks: Sequence[str]) -> bool:
    return any(mark in sentence.lower() for mark in marks)


def sentences(text: str) -> list[str]:
    """Cut a text into sentences, white space kept."""
    return _SENTENCE.findall(text)


def count_features(spoken: Sequence[Spoken], lines: Mapping[str, Any]) -> dict[str, Feature]:
    """Count every feature of a dialogue.

    Args:
        spoken: The turns.
        lines: `words` by feature, and `unit_words`, how many units of text make a word.
    """
    words = tuple((name, tuple(expressions)) for name, expressions in lines["words"].items())
    return _count(tuple(spoken), words, int(lines["unit_words"]))


@lru_cache(maxsize=128)
def _count(
    spoken: tuple[Spoken, ...], words_by_name: tuple[tuple[str, tuple[str, ...]], ...], unit: int
) -> dict[str, Feature]:
    """Count once for all scales of a session."""
    words = dict(words_by_name)
    counselor = [turn for turn in spoken if turn.speaker == COUNSELOR]
    client = [turn for turn in spoken if turn.speaker == CLIENT]
    counselor_shares = {
        name: _share(counselor, words[name], most) for name, most in _COUNSELOR_SHARES.items()
    }
    client_shares = {name: _share(client, words[name], most) for name, most in _CLIENT_SHARES.items()}
    reflection = _reflection(spoken)
    # stock phrases of sympathy alone are no empathy
    most = _STOCK_EMPATHY + (1 - _STOCK_EMPATHY) * reflection.value
    empathy = counselor_shares["empathy"]
    return {
        **counselor_shares,
        "empathy": replace(empathy, value=min(empathy.value, most)),
        **client_shares,
        "occasion": Feature(1.0, tuple(_hit(turn) for turn in (client or counselor)[-1:])),
        "open_question": _open_questions(counselor, words["open_question"]),
        "reflection": reflection,
        "parroting": _parroting(spoken),
        "self_praise": _self_praise(counselor),
        "homework": _once(counselor[-4:] + counselor[:2], words["homework"]),
        "closing": _once([t for t in spoken[-2:] if t.speaker == COUNSELOR], words["closing"]),
        "pace": _where(counselor, lambda t: 0 < size(t.text) <= _LONG * unit, 1.0),
        "disclosure": _where(client, lambda t: size(t.text) >= _SHORT * unit, 0.6),
        "repetition": _repetition(counselor),
        "client_repetition": _repetition(client),
    }


_COUNSELOR_SHARES = {"empathy": 0.6, "structure": 0.5, "strength": 0.2, "advice": 0.5}
_CLIENT_SHARES = {
    "feeling": 0.4,
    "insight": 0.25,
    "agreement": 0.4,
    "hope": 0.25,
    "distress": 0.5,
    "resistance": 0.4,
}
"""The share of turns from which a feature counts as fully present."""


def size(text: str) -> int:
    """Count words and Chinese characters."""
    return len(_UNIT.findall(text.lower()))


def quote(turn: Spoken, words: Sequence[str] = ()) -> str:
    """Return the first sentence that contains one of the words, or else the longest."""
    parts = [part.strip() for part in sentences(turn.text)] or [turn.text]
    longest = max(parts, key=len)
    best = next((p for p in parts if any(w in p.lower() for w in words)), longest)
    return (best if size(best) > 2 else longest)[:_LONGEST_QUOTE].strip()


def first_words(text: str) -> str:
    """Return enough of the beginning of a text to find it by."""
    if _CJK.search(text[:_FIRST_CHARACTERS]):
        return text[:_FIRST_CHARACTERS]
    return " ".join(text.split()[:_FIRST_WORDS])


def _hit(turn: Spoken, words: Sequence[str] = ()) -> tuple[int, str, str]:
    return turn.number, turn.speaker, quote(turn, words)


def _where(
    turns: Sequence[Spoken], holds: Callable[[Spoken], bool], most: float, words: Sequence[str] = ()
) -> Feature:
    """Measure the share of turns that hold something, relative to `most`, at which it is fully present."""
    matches = [turn for turn in turns if holds(turn)]
    value = min(1.0, len(matches) / len(turns) / most) if turns else 0.0
    return Feature(value, tuple(_hit(turn, words) for turn in matches))


def _share(turns: Sequence[Spoken], words: Sequence[str], most: float) -> Feature:
    return _where(turns, lambda t: any(word in t.low for word in words), most, words)


def _open_questions(turns: Sequence[Spoken], words: Sequence[str]) -> Feature:
    """Find turns with one or two questions that are open by their words."""
    return _where(
        turns, lambda t: 0 < _questions(t) <= 2 and any(word in t.low for word in words), 0.6, ("?", "？")
    )


def _questions(turn: Spoken) -> int:
    return turn.text.count("?") + turn.text.count("？")


def _once(turns: Sequence[Spoken], words: Sequence[str]) -> Feature:
    matches = [turn for turn in turns if any(word in turn.low for word in words)]
    return Feature(float(bool(matches)), tuple(_hit(turn, words) for turn in matches))


def _content(text: str) -> set[str]:
    """Collect longer English words and pairs of Chinese characters."""
    tokens = _TOKEN.findall(text.lower())
    pairs = {a + b for a, b in zip(tokens, tokens[1:], strict=False) if len(a) == len(b) == 1}
    return {token for token in tokens if len(token) > 1} | pairs


def _answers(spoken: Sequence[Spoken]) -> list[tuple[Spoken, set[str], set[str]]]:
    """List the counselor's turns that follow another, with the content that is taken up and that is new."""
    pairs = zip(spoken, spoken[1:], strict=False)
    return [
        (turn, _content(before.text) & _content(turn.text), _content(turn.text) - _content(before.text))
        for before, turn in pairs
        if turn.speaker == COUNSELOR and before.speaker == CLIENT
    ]


def _reflection(spoken: Sequence[Spoken]) -> Feature:
    """Find counselor turns that take up the client's turn just before in words of their own.

    What stands between quotation marks is the client's, said back, and no reflection.
    """
    own = [replace(t, text=_QUOTED.sub(" ", t.text)) if t.speaker == COUNSELOR else t for t in spoken]
    answers = _answers(own)
    matches = [
        turn
        for turn, same, new in answers
        if len(same) >= 2 and len(same) <= _MOSTLY * (len(same) + len(new))
    ]
    value = min(1.0, len(matches) / len(answers) / 0.6) if answers else 0.0
    return Feature(value, tuple(_hit(turn) for turn in spoken if turn.number in {m.number for m in matches}))


def _parroting(spoken: Sequence[Spoken]) -> Feature:
    """Find counselor turns that are little but the client's own words handed back."""
    answers = _answers(spoken)
    matches = [turn for turn, same, new in answers if len(same) > _MOSTLY * (len(same) + len(new))]
    value = min(1.0, len(matches) / len(answers) / 0.4) if answers else 0.0
    return Feature(value, tuple(_hit(turn) for turn in matches))


def _self_praise(counselor: Sequence[Spoken]) -> Feature:
    """Find counselor turns that praise the session or show off a technique."""
    matches = [turn for turn in counselor if turn.claims]
    value = min(1.0, len(matches) / len(counselor) / 0.3) if counselor else 0.0
    hits = tuple((turn.number, turn.speaker, sentences(turn.claims)[0].strip()) for turn in matches)
    return Feature(value, hits)


def _repetition(turns: Sequence[Spoken]) -> Feature:
    """Find turns that nearly repeat an earlier turn of the same speaker."""
    matches, seen = [], list[set[str]]()
    for turn in turns:
        content = _content(turn.text)
        if any(len(content & old) > 0.7 * len(content | old) for old in seen if content | old):
            matches.append(turn)
        seen.append(content)
    value = min(1.0, len(matches) / len(turns) / 0.4) if turns else 0.0
    return Feature(value, tuple(_hit(turn) for turn in matches))
