"""Why a model gave no usable answer, as far as it decides what is done about it."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why a model gave no usable answer."""

    DOWN = "down"
    """The server cannot be reached, does not answer in time, fails, or says that it has too much to do."""
    OUTAGE = "outage"
    """It stayed away for as long as the run waits."""
    KEY = "key"
    """The server does not let us in."""
    QUOTA = "quota"
    """Nothing is left to pay with."""
    NOT_THERE = "not there"
    """The server knows no such address or model."""
    CONTEXT = "context"
    """The prompt is longer than the model can read."""
    FILTERED = "filtered"
    """A filter of the server's took offence at the prompt or at the reply."""
    BROKEN = "broken"
    """The server broke its reply off."""
    UNREADABLE = "unreadable"
    """The server called it a success, and there is no reply in it: no choices, or something else."""
    CUT = "cut"
    """The reply reached its limit of tokens."""
    REFUSED = "refused"
    """The model said that it will not answer."""

    @property
    def ends_run(self) -> bool:
        """Whether no other case could fare better, so that going on only wastes calls."""
        return self in {Cause.OUTAGE, Cause.KEY, Cause.QUOTA, Cause.NOT_THERE}

    @property
    def is_of_turn(self) -> bool:
        """Whether it lies in what was said so far, so that the same request fails in the same way."""
        return self in {Cause.CONTEXT, Cause.FILTERED, Cause.CUT, Cause.REFUSED}

    @property
    def is_of_call(self) -> bool:
        """Whether another call may fare better, so that one that can be done without ends nothing."""
        return self.is_of_turn or self in {Cause.BROKEN, Cause.UNREADABLE}
