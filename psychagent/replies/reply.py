"""A counselor's reply, taken apart: the same value whether it is written in tags or in JSON."""

from __future__ import annotations

from collections.abc import Iterable

from psychagent.domain.base import Record
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import MalformedReplyError


class CounselorReply(Record):
    """A counselor's reply, taken apart."""

    thoughts: Thoughts
    response: str
    ends_session: bool

    @classmethod
    def of(cls, turn: Turn) -> CounselorReply:
        """Restore the reply that a stored turn came from; a turn without thoughts has empty ones."""
        return cls(thoughts=turn.thoughts or Thoughts(), response=turn.text, ends_session=turn.ends_session)

    def without_thoughts(self) -> CounselorReply:
        """Return the reply with its private part left empty."""
        return self.model_copy(update={"thoughts": Thoughts()})


_NO_SKILL = frozenset({"", "none", "n/a", "no skill", "无", "没有", "暂无"})


def named_skills(names: Iterable[str]) -> tuple[str, ...]:
    """Keep the names of skills: a counselor may say that none fits, which is no skill called "none"."""
    stripped = (name.strip() for name in names)
    return tuple(name for name in stripped if name.strip("-.。()（）“”\"' ").casefold() not in _NO_SKILL)


def has_thoughts(thoughts: Thoughts | None) -> bool:
    """Return whether there is any private reasoning."""
    return thoughts is not None and any(thoughts.model_dump().values())


def require_same(meant: CounselorReply, read: CounselorReply) -> None:
    """Refuse a written reply that would be read back as a different one.

    Raises:
        MalformedReplyError: Naming the parts that differ, never their text.
    """
    parts = [name for name in CounselorReply.model_fields if getattr(meant, name) != getattr(read, name)]
    if parts:
        raise MalformedReplyError(f"the reply would be read back as another: {', '.join(parts)} would differ")
