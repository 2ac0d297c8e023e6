"""The base of all stored values and the closed vocabularies; imports nothing but words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field

from psychagent.domain.words.changed import checked_changes
from psychagent.domain.words.model import Told


class Record(Told):
    """A stored value: frozen, with unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the value with some fields changed; pydantic would take the changes unchecked.

        Raises:
            ValueError: Naming each field, the value seen and the remedy.
        """
        if not update:
            return super().model_copy(deep=deep)
        try:
            # only what is changed: values are copied in every turn, and a file's may be large
            changes = checked_changes(type(self), update)
        except ValueError as error:
            raise self._refusal(str(error)) from None
        return super().model_copy(update=changes, deep=deep)


def asked_for(length: int, **more: Any) -> Any:
    """Make the field of a text that a model is asked to keep within a length.

    A server that holds shapes holds this one. Without it a model writes somewhat more, which is no reason
    to throw its reply away; four times as much is a loop.
    """
    return Field(max_length=4 * length, json_schema_extra={"maxLength": length}, **more)


MOST_STEPS = 10_000
"""Sessions of a course, and turns of a session: more is a slip."""
MOST_ROLLOUTS = 64
"""Candidates of one session."""
LARGEST_SEED = 2**53
"""A whole number that every client of a server writes as it is."""

LogLevel = Literal["debug", "info", "warning", "error"]


class Language(StrEnum):
    """Language of prompts, skills and dialogue."""

    EN = "en"
    ZH = "zh"


class Modality(StrEnum):
    """Therapy school."""

    BT = "bt"
    CBT = "cbt"
    HET = "het"
    PDT = "pdt"
    PMT = "pmt"


class Mixed(StrEnum):
    """What a case of others may be that is of no one school: it can be judged, and no counselor holds it."""

    INTEGRATIVE = "integrative"


SCHOOLS: dict[str, Modality | Mixed] = {school.value: school for school in (*Modality, *Mixed)}


def _to_school(value: object) -> Modality | Mixed:
    # one sentence, where pydantic has one for each part of a union
    if not isinstance(value, str) or value not in SCHOOLS:
        raise ValueError(f"known: {', '.join(SCHOOLS)}")
    return SCHOOLS[value]


School = Annotated[Modality | Mixed, BeforeValidator(_to_school)]
"""What a session that is judged may be of."""


class Stage(StrEnum):
    """Phase of a course, in order; `termination` comes after the last working stage."""

    CONCEPTUALIZATION = "conceptualization"
    INTERVENTION = "intervention"
    CONSOLIDATION = "consolidation"
    TERMINATION = "termination"

    @property
    def rank(self) -> int:
        """Position in the order of stages, from 0."""
        return list(Stage).index(self)


WORKING_STAGES: tuple[Stage, ...] = (
    Stage.CONCEPTUALIZATION,
    Stage.INTERVENTION,
    Stage.CONSOLIDATION,
)
"""The stages that have sessions and skills of their own."""


class Speaker(StrEnum):
    """Who speaks a turn."""

    COUNSELOR = "counselor"
    CLIENT = "client"
