"""The identity of a model call within a run: the same in every process that plays the run."""

from __future__ import annotations

from typing import NamedTuple

from psychagent.domain.base import Modality

WHOLE_SESSION = -1


class Place(NamedTuple):
    """Where in a run calls are made: one try of one rollout of one session of a course."""

    thread: str
    """Name of the course, or of the session that is judged; unique within its run."""
    session: int
    """From 1."""
    rollout: int = 0
    """`WHOLE_SESSION` for calls that are made once for all rollouts."""
    attempt: int = 0
    """Number of the try of the rollout, from 0."""


def thread_id(modality: Modality, case_id: str) -> str:
    """Name the course of a case: its LangGraph thread and its journal."""
    return f"{modality.value}/{case_id}"


class CallId(NamedTuple):
    """One call: where it is made, who is asked, and for what."""

    place: Place
    role: str
    part: str = ""
    """What tells calls of one role apart: the number of turns so far, or a scale and its items."""
