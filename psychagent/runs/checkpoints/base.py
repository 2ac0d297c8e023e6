"""The interface that a run needs from a store of checkpoints."""

from __future__ import annotations

from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver


class Checkpoints(Protocol):
    """Checkpoints of a run's courses, one thread per course.

    `sqlite.py` keeps them in a file. Another store has to provide a LangGraph saver, a name for
    messages, the errors that it raises when it cannot be read or written, and the two deletions below.
    """

    @property
    def saver(self) -> BaseCheckpointSaver[Any]:
        """The saver to compile the graph with."""

    @property
    def place(self) -> str:
        """The store's location, for messages."""

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """Errors raised when the store cannot be read or written."""

    def explain(self, error: Exception) -> str:
        """Say in a sentence what one of the errors means for a person, with the remedy."""

    def check(self) -> None:
        """Check before a file is written that what the store keeps is still found at its place.

        Raises:
            RemovedError: If it is not: the run must not go on as if its work were kept.
        """

    async def forget(self, thread: str) -> None:
        """Remove every checkpoint of a course, so that it starts over."""

    async def compact(self, thread: str) -> None:
        """Keep only the last state of a finished course; idempotent."""
