"""Events of a run: plain values for a terminal, a page, a log or another process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psychagent.domain.base import Modality
from psychagent.domain.usage import Usage
from psychagent.flows.events import Event
from psychagent.runs.outcome import Outcome


@dataclass(frozen=True)
class RunBegan:
    """The cases are known; the first are about to start."""

    cases: int


@dataclass(frozen=True)
class CallAnswered:
    """A model call was answered."""

    usage: Usage


@dataclass(frozen=True)
class InCase:
    """Something happened in one case's course."""

    modality: Modality
    case_id: str
    event: Event


@dataclass(frozen=True)
class CaseEnded:
    """A case ended, failed or was stopped."""

    outcome: Outcome


@dataclass(frozen=True)
class StopHeard:
    """A request to stop was received."""

    again: bool = False
    """Whether it is a second one, at which the run ends at once."""


@dataclass(frozen=True)
class Noticed:
    """Something that a person who waits should know, such as that a server is down."""

    sentence: str


RunEvent = RunBegan | CallAnswered | InCase | CaseEnded | Noticed | StopHeard
Tell = Callable[[RunEvent], None]


def tell_nobody(event: RunEvent) -> None:
    """Ignore an event."""
