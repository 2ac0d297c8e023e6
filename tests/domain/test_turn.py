"""Sessions are measured in counselor turns."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from psychagent.domain.base import Speaker
from psychagent.domain.turn import Thoughts, Turn, count_counselor_turns


def turns(*said: tuple[Speaker, str]) -> list[Turn]:
    return [Turn(speaker=speaker, text=text) for speaker, text in said]


TALK = turns((Speaker.COUNSELOR, "a"), (Speaker.CLIENT, "b"), (Speaker.COUNSELOR, "c"))


def test_counselor_turns_are_counted() -> None:
    assert count_counselor_turns(TALK) == 2
    assert count_counselor_turns([]) == 0


def test_a_turn_is_frozen_and_refuses_unknown_fields() -> None:
    name = "text"
    with pytest.raises(ValueError, match="field 'text' cannot be set"):
        setattr(TALK[0], name, "x")
    with pytest.raises(ValidationError):
        Turn.model_validate({"speaker": "client", "text": "x", "mood": "sad"})


def test_a_turn_survives_json() -> None:
    turn = Turn(
        speaker=Speaker.COUNSELOR, text="x", thoughts=Thoughts(skill=("a", "b")), skills=("i",), query="q"
    )
    assert Turn.model_validate_json(turn.model_dump_json()) == turn
