"""What a memory that is searched consists of: one item, with how well it is remembered."""

from __future__ import annotations

from pydantic import Field

from psychagent.domain.base import Record, Speaker

DELETED = "-"
"""What `superseded_by` says of an item that was deleted: nothing took its place."""


class MemoryItem(Record):
    """A piece of what was said or learned in a session, which later turns may be shown."""

    id: str
    """Unique within a course, such as `2.7`: the seventh of the second session."""
    text: str
    session: int = Field(ge=1)
    """The session that it comes from."""
    turns: tuple[int, ...] = ()
    """The turns of that session that it repeats; empty where a model wrote it."""
    speaker: Speaker | None = None
    """Who says it; None where it is an exchange, or a model wrote it."""
    strength: int = Field(default=1, ge=1)
    """How firmly it is held: 1, and 1 more for each session in which it was recalled."""
    last_used: int = Field(default=0, ge=0)
    """The session in which it was written or last recalled."""
    superseded_by: str = ""
    """Id of the item that took its place, or `-` where none did; such a one is kept and never shown."""


class MemoryStock(Record):
    """What kinds of memory that have no client file keep beside the summaries."""

    items: tuple[MemoryItem, ...] = ()
    """Oldest first."""
    portrait: str = ""
    """The client in a few sentences, where the kind keeps such a text."""
