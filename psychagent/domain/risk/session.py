"""What is known of danger in one session without a model: its worst level, and when it was asked about."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from psychagent.domain.base import Record
from psychagent.domain.risk.asked import Asked
from psychagent.domain.risk.finding import IMMINENT, NO_RISK


class HeardBy(StrEnum):
    """Who heard whether danger was voiced."""

    GATE = "gate"
    """The safety gate, while the session was held."""
    RULES = "rules"
    """Its rules, afterwards: the session's file holds no finding."""


class SessionDanger(Record):
    """Danger in one session; turns are numbered from 1, as a judge and a transcript page number them."""

    heard_by: HeardBy = HeardBy.RULES
    level: int = Field(default=NO_RISK, ge=NO_RISK, le=IMMINENT)
    """The worst of the session."""
    turn: int | None = None
    """The client's turn that first voices it; None where none is voiced."""
    asked: Asked | None = None
    """When it was asked about; None where none is voiced."""
    asked_turn: int | None = None
    """The counselor's turn that asks first; None where none does."""

    @property
    def is_voiced(self) -> bool:
        """Whether danger was voiced in the session."""
        return self.asked is not None
