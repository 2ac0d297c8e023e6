"""The base of all stored values and the closed vocabularies; knows no other module."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A stored value: frozen, and refusing fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class Stage(StrEnum):
    """Phase of a course, in order; `termination` comes after the last working stage."""

    CONCEPTUALIZATION = "conceptualization"
    INTERVENTION = "intervention"
    CONSOLIDATION = "consolidation"
    TERMINATION = "termination"

    @property
    def rank(self) -> int:
        """Place in the order of stages, from 0."""
        return list(Stage).index(self)


WORKING_STAGES: tuple[Stage, ...] = (
    Stage.CONCEPTUALIZATION,
    Stage.INTERVENTION,
    Stage.CONSOLIDATION,
)
"""The stages in which sessions are held and under which skills hang."""


class Speaker(StrEnum):
    """Who says a turn."""

    COUNSELOR = "counselor"
    CLIENT = "client"
