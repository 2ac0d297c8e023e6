"""What model calls cost: counts and tokens by role; sums do not depend on the order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from psychagent.domain.base import Record


class RoleUsage(Record):
    """Calls and tokens of one role."""

    calls: int = 0
    """Requests that were answered, usable or not."""
    retries: int = 0
    """Attempts beyond the first, failed requests included."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """The part of `prompt_tokens` that the provider says it served from its prefix cache."""
    completion_tokens: int = 0
    dropped: int = 0
    """Unknown ids in replies, which were left out."""
    fallbacks: int = 0
    """Calls of which no reply could be read, so that the session went on without one."""
    estimated: int = 0
    """Calls of which the server does not say what they took, so that their tokens are an estimate."""

    def __add__(self, other: RoleUsage) -> RoleUsage:
        """Add field by field."""
        # sums of valid counts need no validation, and this is done several times a call
        return RoleUsage.model_construct(**{k: mine + getattr(other, k) for k, mine in self})


class Usage(Record):
    """Calls and tokens by role."""

    roles: dict[str, RoleUsage] = Field(default_factory=dict)

    def __add__(self, other: Usage) -> Usage:
        """Add role by role."""
        mine, theirs = self.roles, other.roles
        if not mine or not theirs:
            return self if mine else other
        roles = {
            n: mine[n] + theirs[n] if n in mine and n in theirs else (mine.get(n) or theirs[n])
            for n in sorted(mine.keys() | theirs.keys())
        }
        return Usage.model_construct(roles=roles)

    def total(self) -> RoleUsage:
        """Sum over all roles."""
        return sum(self.roles.values(), RoleUsage())


def sum_usage(parts: Iterable[Usage]) -> Usage:
    """Add up usages; an empty input gives an empty usage."""
    return sum(parts, Usage())


def fold_usage(left: Usage | None, batches: Sequence[Usage | Mapping[str, Any]]) -> Usage:
    """Reduce usage updates of a graph channel.

    A server that shows the state of a waiting graph folds them as plain data.
    """
    parts = (
        part if isinstance(part, Usage) else Usage.model_validate(part) for part in (left, *batches) if part
    )
    return sum_usage(parts)
