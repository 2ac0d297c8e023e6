"""The base of all stored values and the closed vocabularies; imports no other module."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A stored value: frozen, with unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


School = Modality | Mixed
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
