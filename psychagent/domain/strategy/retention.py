"""How items of a memory fade unless they are recalled, as in MemoryBank (arXiv 2305.10250)."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from psychagent.domain.strategy.item import MemoryItem

SLOWNESS = 5
"""By what time is divided; we read MemoryBank's public code as counting days, and count sessions."""
FORGOTTEN_BELOW = 0.5
"""Retention below which an item is forgotten: it is kept as long as it is rather remembered than not, the
same in every run. An item that is never recalled is forgotten in the fourth session after its own, one that
was recalled once in the seventh after that."""


def retention(item: MemoryItem, session: int) -> float:
    """Return how much of an item is left in a session: R = exp(-t / (5 S)), in 0..1.

    Args:
        item: With its strength S, and the session in which it was last used, from which t counts.
        session: Number of the session, from 1.
    """
    return math.exp(-max(session - item.last_used, 0) / (SLOWNESS * item.strength))


def not_forgotten(items: Sequence[MemoryItem], session: int) -> list[MemoryItem]:
    """Keep the items of which enough is left in a session."""
    return [item for item in items if retention(item, session) >= FORGOTTEN_BELOW]


def strengthened(
    items: Sequence[MemoryItem], recalled: Collection[str], session: int
) -> tuple[MemoryItem, ...]:
    """Hold the items that a session recalled more firmly by 1, however often it did, and from now on anew."""
    return tuple(
        item.model_copy(update={"strength": item.strength + 1, "last_used": session})
        if item.id in recalled
        else item
        for item in items
    )
