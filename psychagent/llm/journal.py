"""The interface of a journal of calls: what was answered is never asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from psychagent.domain.call import CallId, Place
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.llm.json_bytes import write_sorted
from psychagent.llm.prompt import Message


class Key(NamedTuple):
    """What an entry is found by."""

    call: CallId
    number: int
    """How many replies the call had before, unusable ones."""
    digest: str
    """Of all that was asked; equal prompts of n rollouts differ in `call`."""


@dataclass(frozen=True)
class Kept:
    """What a journal keeps of one call."""

    value: dict[str, Any]
    """The answer, as JSON values."""
    cost: RoleUsage | None = None
    """The cost of asking, attempts without an answer included; None where no model was asked."""


FAILED = "failed"
"""Name of a value that is no answer but why there is none: class, message and cause of the call's error."""


TRY = "try"
"""Name of a value that is no answer either: an attempt that got none, in words for logs."""


class Journal(Protocol):
    """Keeps every answer of a run before the next question is asked.

    A run that is killed finds its answers here instead of asking again; a kept journal is also the
    run's log of calls, and a course can be played again from it without a model.
    """

    def find(self, key: Key) -> Kept | None:
        """Return what was kept; None if it was never asked.

        Raises:
            RecordError: If the journal cannot be read, or may not be asked for more than it holds.
        """

    def add(self, key: Key, kept: Kept, messages: Sequence[Message] = ()) -> None:
        """Keep an answer; it must be safe from the end of this process when the call returns.

        Raises:
            RecordError: If it cannot be written.
        """

    def add_try(self, call: CallId, kept: Kept) -> None:
        """Keep what an attempt without an answer cost, should the run be killed before there is one.

        Raises:
            RecordError: If it cannot be written.
        """

    def take_tries(self, call: CallId) -> RoleUsage | None:
        """Return what attempts without an answer cost an interrupted run; None if there were none."""

    def void(self, call: CallId) -> None:
        """Take back a call's answers, none of which was usable, so that it is asked anew next time."""

    def spent(self, place: Place, *, but: CallId | None = None) -> Usage:
        """Sum what the answers given at one place cost, less one call's, as far as no record holds it yet."""


class NoJournal:
    """Keeps nothing: for runs that a checkpoint a turn already protects, or nobody resumes."""

    def find(self, key: Key) -> Kept | None:
        """Find nothing."""
        return None

    def add(self, key: Key, kept: Kept, messages: Sequence[Message] = ()) -> None:
        """Keep nothing."""

    def add_try(self, call: CallId, kept: Kept) -> None:
        """Keep nothing."""

    def take_tries(self, call: CallId) -> RoleUsage | None:
        """Know of none."""
        return None

    def void(self, call: CallId) -> None:
        """Do nothing."""

    def spent(self, place: Place, *, but: CallId | None = None) -> Usage:
        """Know nothing."""
        return Usage()


NO_JOURNAL = NoJournal()


def digest(*parts: Any) -> str:
    """Hash what was asked: JSON values, dictionaries by their sorted keys."""
    return blake2b(write_sorted(parts), digest_size=16).hexdigest()
