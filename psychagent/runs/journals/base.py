"""The interface that a run needs from the journals of its courses."""

from __future__ import annotations

from typing import Protocol

from psychagent.domain.usage import Usage
from psychagent.llm.journal import Journal


class Journals(Journal, Protocol):
    """Journals of a run, one per course or judged session, by the name of its thread.

    In batch runs they take the place of checkpoints within a session: a session that was cut off is
    played again from its start, with the answers from its journal. `file.py` keeps one file each;
    another store, such as a table that several machines share, has to provide the same.
    """

    @property
    def taken(self) -> int:
        """How many replies of models were taken from journals instead of being asked for."""

    def open(self, thread: str, *, after: int = 0, made_with: str = "") -> None:
        """Begin to find and add answers.

        Args:
            thread: Name of the course.
            after: The last session that is closed: its answers, and those before it, are not needed.
            made_with: Hash of what the answers depend on besides what the call itself says. Answers
                that were kept under another are dropped.

        Raises:
            RecordError: If the journal is not one, is damaged, or of another course.
        """

    def settle(self, thread: str, session: int) -> None:
        """Stop counting the costs of a session, whose own record holds them now."""

    def unsettled(self, thread: str) -> Usage:
        """Sum what was spent on sessions that have no record yet."""

    def close(self, thread: str, *, finished: bool) -> None:
        """End the work on a course; the journal of a finished one is removed unless it is kept as a log."""

    def forget(self, thread: str) -> None:
        """Remove a course's journal, so that it starts over."""
