"""Danger: what a session's note holds of it, and when a first session is due to ask about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum

from pydantic import Field

from psychagent.domain.base import Record, Speaker
from psychagent.domain.turn import Turn, count_counselor_turns

Asks = Callable[[str], bool]
"""Whether a counselor's words ask about danger; `RiskRules.asks_about` of a language."""


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


def was_asked(turns: Sequence[Turn], *, asks: Asks, skills: Collection[str]) -> bool:
    """Return whether the counselor has asked about danger in this session.

    It counts as asked once a counselor's turn, the opening apart, asks about it or says that it uses a
    skill of safety. The opening is left out because it names danger only as the limit of confidentiality.

    Args:
        turns: The session so far.
        asks: Whether words ask about danger, in the session's language.
        skills: Names of the skills for danger.
    """
    return times_asked(turns, asks=asks, skills=skills) > 0


def times_asked(turns: Sequence[Turn], *, asks: Asks, skills: Collection[str]) -> int:
    """Count the counselor's turns in this session that have asked about danger, as `was_asked` has it."""
    own = [turn for turn in turns if turn.speaker is Speaker.COUNSELOR]
    return sum(asks_directly(turn, asks=asks, skills=skills) for turn in own[1:])


def is_past_half(turns: Sequence[Turn], max_turns: int) -> bool:
    """Return whether half of the counselor's turns are over; the opening is never past it."""
    return count_counselor_turns(turns) >= max(max_turns // 2, 1)


def safety_due(
    turns: Sequence[Turn],
    *,
    session_index: int,
    max_turns: int,
    asks: Asks,
    skills: Collection[str],
) -> bool:
    """Return whether the counselor should be reminded to ask about danger: first session, second half.

    Args:
        turns: The session so far.
        session_index: From 1.
        max_turns: Most turns of the counselor.
        asks: As `was_asked` takes it.
        skills: As `was_asked` takes them.
    """
    due = session_index == 1 and is_past_half(turns, max_turns)
    return due and not was_asked(turns, asks=asks, skills=skills)


def asks_directly(turn: Turn, *, asks: Asks, skills: Collection[str]) -> bool:
    """Return whether a counselor's turn asks about danger, or says that it uses a skill of safety."""
    return bool(turn.thoughts and set(turn.thoughts.skill) & set(skills)) or asks(turn.text)
