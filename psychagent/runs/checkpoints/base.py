"""What a run asks of the place that keeps its checkpoints, wherever that is."""

from __future__ import annotations

from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver


class Checkpoints(Protocol):
    """Checkpoints of a run's courses: one thread a course.

    `sqlite.py` keeps them in a file. Another place needs a saver that LangGraph takes, a way to name
    itself, the errors that it raises when it cannot be read or written, and the two deletions below.
    """

    @property
    def saver(self) -> BaseCheckpointSaver[Any]:
        """What the graph is compiled with."""

    @property
    def place(self) -> str:
        """Where they are, for messages."""

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """What is raised when they cannot be read or written."""

    async def forget(self, thread: str) -> None:
        """Remove every checkpoint of a course, so that it starts over."""

    async def compact(self, thread: str) -> None:
        """Keep a finished course's last state and drop what led to it; doing it twice changes nothing."""
