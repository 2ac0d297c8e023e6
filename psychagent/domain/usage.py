"""What model calls cost: counts and tokens by role; sums do not depend on the order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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

    def __add__(self, other: RoleUsage) -> RoleUsage:
        """Add field by field."""
        return RoleUsage(**{k: getattr(self, k) + getattr(other, k) for k in RoleUsage.model_fields})


class Usage(Record):
    """Calls and tokens by role."""

    roles: dict[str, RoleUsage] = Field(default_factory=dict)

    def __add__(self, other: Usage) -> Usage:
        """Add role by role."""
        names = sorted(self.roles.keys() | other.roles.keys())
        empty = RoleUsage()
        return Usage(roles={n: self.roles.get(n, empty) + other.roles.get(n, empty) for n in names})

    def total(self) -> RoleUsage:
        """Sum over all roles."""
        return sum(self.roles.values(), RoleUsage())


def sum_usage(parts: Iterable[Usage]) -> Usage:
    """Add up usages; an empty input gives an empty usage."""
    return sum(parts, Usage())


def fold_usage(left: Usage | None, batches: Sequence[Usage]) -> Usage:
    """Reduce usage updates of a graph channel."""
    return sum_usage([left or Usage(), *batches])
