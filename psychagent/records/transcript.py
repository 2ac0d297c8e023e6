"""A dialogue in a file: visible words for any tool, and our own turns."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, PlainSerializer

from psychagent.domain.base import Record, Speaker
from psychagent.domain.turn import Turn

_ROLE = {Speaker.COUNSELOR: "assistant", Speaker.CLIENT: "user"}


class Utterance(Record):
    """One visible utterance: assistant is the counselor, user the client."""

    model_config = ConfigDict(extra="ignore")

    role: str
    content: str


def to_transcript(turns: tuple[Turn, ...]) -> tuple[Utterance, ...]:
    """Convert turns to the visible transcript."""
    return tuple(Utterance(role=_ROLE[turn.speaker], content=turn.text) for turn in turns)


def _lean(turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    return [turn.model_dump(mode="json", exclude_defaults=True) for turn in turns]


StoredTurns = Annotated[tuple[Turn, ...], PlainSerializer(_lean, when_used="json")]
"""Turns without fields at their defaults, which are most of a client's fields."""
