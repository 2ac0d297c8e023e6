"""The kept journals of another run, to play its courses again: they are read, and nobody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langgraph.errors import GraphDrained

from psychagent.domain.call import CallId, Place
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import RecordError
from psychagent.llm.journal import Kept, Key
from psychagent.llm.prompt import Message
from psychagent.runs.journals.file import FileJournals


class _Log(FileJournals):
    """Journals that also answer with what failed for good."""

    ANSWERS_WITH_FAILURES = True


class ReplayJournals:
    """Answers from the log of another run; a course ends where its journal does."""

    def __init__(self, folder: Path) -> None:
        """Prepare; nothing is read yet."""
        self._kept = _Log(folder, keep=True, mend=False)

    @property
    def taken(self) -> int:
        """How many replies were taken."""
        return self._kept.taken

    def open(self, thread: str, *, after: int = 0, made_with: str = "") -> None:
        """Read a course's journal."""
        if not self._kept.path(thread).exists():
            raise RecordError(
                f"{self._kept.path(thread)}: is not there, so the course cannot be played again"
            )
        self._kept.open(thread, after=after, made_with=made_with)

    def find(self, key: Key) -> Kept | None:
        """Take an answer.

        Raises:
            RecordError: If something else was asked then.
            GraphDrained: If the journal ends here: the course was not finished.
        """
        kept = self._kept.find(key)
        if kept is not None:
            return kept
        (thread, session, *_), role, part = key.call
        if self._kept.holds(key.call, key.number):
            raise RecordError(
                f"{self._kept.path(thread)}: {role} {part} of session {session} was asked something else "
                "then; play the run again with the prompts, skills and profiles that made it"
            )
        call = " ".join(filter(None, (role, part)))
        raise GraphDrained(
            f"{self._kept.path(thread)}: has no answer to {call} of session {session}: the course ends there"
        )

    def add(self, key: Key, kept: Kept, messages: Sequence[Message] = ()) -> None:
        """Refuse: nothing is asked, so there is nothing to keep."""
        raise RecordError(f"{self._kept.path(key.call.place.thread)}: a replay asks nobody")

    def add_try(self, call: CallId, kept: Kept) -> None:
        """Refuse, like `add`."""
        raise RecordError(f"{self._kept.path(call.place.thread)}: a replay asks nobody")

    def take_tries(self, call: CallId) -> RoleUsage | None:
        """Take what attempts without an answer cost."""
        return self._kept.take_tries(call)

    def void(self, call: CallId) -> None:
        """Leave the journal as it is."""

    def spent(self, place: Place, *, but: CallId | None = None) -> Usage:
        """Sum what was spent at a place."""
        return self._kept.spent(place, but=but)

    def unsettled(self, thread: str) -> Usage:
        """Sum what was spent on sessions that have no record."""
        return self._kept.unsettled(thread)

    def settle(self, thread: str, session: int) -> None:
        """Stop counting the costs of a session."""
        self._kept.settle(thread, session)

    def close(self, thread: str, *, finished: bool) -> None:
        """End the work on a course."""
        self._kept.close(thread, finished=False)

    def forget(self, thread: str) -> None:
        """Leave the journal as it is."""

    def tidy(self) -> None:
        """Leave everything as it is."""
