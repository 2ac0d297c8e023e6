"""Danger: what a session's note holds of it, and when a first session is due to ask about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import StrEnum

from pydantic import Field

from psychagent.domain.base import Record, Speaker
from psychagent.domain.turn import Turn, count_counselor_turns

_SENTENCE = re.compile(r"[^.!?。！？…]*[.!?。！？…]*")


class Danger(StrEnum):
    """Whether danger to the client or others was spoken of in a session."""

    NONE = "none"
    """Neither asked about nor voiced."""
    DENIED = "denied"
    """Asked about, and denied or nothing new."""
    VOICED = "voiced"


class SafetyNote(Record):
    """What a session brought to light about danger to the client or others."""

    danger: Danger = Danger.NONE
    words: str = Field(default="", max_length=400)
    """In the client's own words."""
    asked: str = Field(default="", max_length=300)
    """Wish, intent, plan, access and earlier attempts, as far as they were asked about."""
    holds: str = Field(default="", max_length=200)
    """What holds the client back."""
    people: str = Field(default="", max_length=200)
    """Who was named as a help."""
    agreed: str = Field(default="", max_length=300)
    """What was agreed on, and for which hour."""
    next: str = Field(default="", max_length=200)
    """What is to be asked next time."""

    @property
    def must_stay(self) -> bool:
        """Whether it records a danger or a plan for one, which no later note may push out of sight."""
        return self.danger is Danger.VOICED or bool(self.agreed)


def note_from_text(value: object) -> object:
    """Read the note of an older file, which is a plain text; nothing in it says whether danger was denied."""
    if not isinstance(value, str):
        return value
    return {"danger": Danger.VOICED, "words": value.strip()[:400]} if value.strip() else {}


def safety_due(
    turns: Sequence[Turn],
    *,
    session_index: int,
    max_turns: int,
    words: Sequence[str],
    skills: Collection[str],
) -> bool:
    """Return whether the counselor should be reminded to ask about danger: first session, second half.

    It counts as asked once a counselor's turn, the opening apart, asks a question with one of the
    words in it or in the sentence before it, or says that it uses a skill of safety. The opening is left
    out because it names danger only as the limit of confidentiality.

    Args:
        turns: The session so far.
        session_index: From 1.
        max_turns: Most turns of the counselor.
        words: Regular expressions of plain words for danger, in the session's language.
        skills: Names of the skills that are always at hand.
    """
    if session_index != 1 or count_counselor_turns(turns) < max(max_turns // 2, 1):
        return False
    own = [turn for turn in turns if turn.speaker is Speaker.COUNSELOR]
    return not any(_asks(turn, words, skills) for turn in own[1:])


def _asks(turn: Turn, words: Sequence[str], skills: Collection[str]) -> bool:
    if turn.thoughts and set(turn.thoughts.skill) & set(skills):
        return True
    sentences = [sentence for sentence in _SENTENCE.findall(turn.text) if sentence]
    pattern = re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE)
    pairs = zip(["", *sentences], sentences, strict=False)
    return any(
        asked.rstrip().endswith(("?", "？")) and pattern.search(before + asked) for before, asked in pairs
    )
