"""Facts that enter a memory: added, or compared with what it holds as in Mem0 (arXiv 2504.19413)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from psychagent.domain.base import Record
from psychagent.domain.strategy.item import DELETED, MemoryItem

NEAREST = 10
"""Old items that each fact is compared with (Mem0: s = 10)."""


class Event(StrEnum):
    """What becomes of a fact."""

    ADD = "ADD"
    """It is new: it becomes an item."""
    UPDATE = "UPDATE"
    """It adds to an item or corrects it: a new item takes that one's place."""
    DELETE = "DELETE"
    """It says that an item no longer holds, and nothing else that is worth keeping."""
    NOOP = "NOOP"
    """It is known."""


class Decision(Record):
    """What was decided about one fact."""

    text: str
    """The fact, or what it and the old item say together."""
    event: Event = Event.ADD
    item: str = ""
    """Id of the item that it is about; empty where there is none."""


def live(items: Sequence[MemoryItem]) -> list[MemoryItem]:
    """Keep the items that nothing has taken the place of."""
    return [item for item in items if not item.superseded_by]


def apply_decisions(
    items: Sequence[MemoryItem], decisions: Sequence[Decision], *, session: int
) -> tuple[MemoryItem, ...]:
    """Bring a memory up to date, in the order of the decisions; no item leaves it.

    A fact whose item is unknown, or has gone by a decision before, is added: two facts may both refine one
    item. What stands there word for word is not added again.

    Args:
        items: The memory, oldest first.
        decisions: One for each fact.
        session: Number of the session that the facts come from.
    """
    by_id = {item.id: item for item in items}
    count = sum(item.session == session for item in items)
    for decision in decisions:
        old = by_id.get(decision.item)
        target = old if old is not None and not old.superseded_by else None
        if decision.event is Event.NOOP:
            continue
        if decision.event is Event.DELETE:
            if target is not None:
                by_id[target.id] = target.model_copy(update={"superseded_by": DELETED})
            continue
        known = {item.text for item in live(list(by_id.values()))}
        if decision.text in known:
            continue
        count += 1
        new = MemoryItem(id=f"{session}.{count}", text=decision.text, session=session, last_used=session)
        by_id[new.id] = new
        if decision.event is Event.UPDATE and target is not None:
            by_id[target.id] = target.model_copy(update={"superseded_by": new.id})
    return tuple(by_id.values())
