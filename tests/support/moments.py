"""The notes on a counselor's turn, written from what decides on them."""

from __future__ import annotations

from typing import Any

from psychagent.domain.base import Language, Speaker
from psychagent.domain.risk.danger import StillOpen
from psychagent.domain.risk.finding import About
from psychagent.domain.risk.step import Where, step_of
from psychagent.domain.turn import Turn
from tests.support.prompt_values import library


def closing_note(
    language: Language,
    left: int,
    *,
    spoken_of: bool = False,
    pressed: bool = True,
    told: bool = False,
    **over: Any,
) -> str:
    """Write the notes on a turn with the step that its danger calls for."""
    given: dict[str, Any] = {"safety_due": False, "danger_open": False, "last": False, "modality": "cbt"}
    given |= {"risk_level": 0, "risk_about": "none", "extra_turns": 0, "own_unasked": False, "turn": 9}
    given |= {"taken_over": False, "at_hand": False, "also": "", "passing": False, "numbers": ""}
    given |= {"voices": False, "unasked": "what is left", "newly_told": False}
    given |= {"turns_left": left} | over
    where = Where(
        turn=given["turn"],
        turns_left=given["turns_left"],
        extra_turns=given["extra_turns"],
        level=given["risk_level"],
        about=About(given["risk_about"]),
        spoken_of=spoken_of,
        pressed=pressed,
        told=told,
        newly_told=given["newly_told"],
        still_open=StillOpen.NONE,
        own_unasked=given["own_unasked"],
    )
    return library(language).render("counselor/moment", **given, step=step_of(where).value)


def told_talk(*said: str, **told: Any) -> list[Turn]:
    """The counselor and the client in turn; what the counselor was told of before each of its turns."""
    speakers = (Speaker.COUNSELOR, Speaker.CLIENT)
    turns = [Turn(speaker=speakers[at % 2], text=text) for at, text in enumerate(said)]
    return [t.model_copy(update=told) if t.speaker is Speaker.COUNSELOR else t for t in turns]
