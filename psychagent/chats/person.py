"""A person as the client of a course: a case that knows nothing of them, and where they sit."""

from __future__ import annotations

import secrets
from typing import Protocol

from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import THEORY_MODELS, BasicInfo, Case, Profile, StaticTraits, Theory
from psychagent.domain.turn import Turn
from psychagent.flows.events import Event
from psychagent.safety.answer import Card


def new_case_id() -> str:
    """Draw a case's id, which says nothing about the person."""
    return f"p{secrets.token_hex(6)}"


def person_case(modality: Modality, language: Language, *, case_id: str) -> Case:
    """Make the case of a person, of whom nothing is known before they speak."""
    theory = Theory.model_validate({modality.value: THEORY_MODELS[modality]()})
    profile = Profile(
        user_id=case_id,
        language=language,
        basic_info=BasicInfo(static_traits=StaticTraits(name=""), main_problem=""),
        theory=theory,
    )
    return Case(case_id=case_id, modality=modality, language=language, profile=profile)


class Person(Protocol):
    """Where a chat is shown, and who types there."""

    @property
    def can_choose(self) -> bool:
        """Whether somebody is there to be asked, not a file that is read line by line."""

    def hear(self, event: Event) -> None:
        """Show what happens in the course."""

    def see_turn(self, turn: Turn) -> None:
        """Show a turn of before."""

    def see_card(self, card: Card) -> None:
        """Show whom the person can turn to."""

    def be_told(self, text: str) -> None:
        """Show a line of the program's own."""

    def wait(self, text: str) -> None:
        """Show what is waited for, until something else is shown."""

    def ask(self, prompt: str, below: str = "") -> str | None:
        """Ask for a line; None where the person leaves, or no line is left.

        Args:
            prompt: What stands before the line.
            below: What stands beside it all the time.
        """
