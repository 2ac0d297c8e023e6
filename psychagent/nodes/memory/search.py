"""The items of a memory that are nearest to a text; what a turn recalls of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psychagent.domain.call import CallId
from psychagent.domain.strategy.item import MemoryItem
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.domain.views.kinds import best_that_fit
from psychagent.llm.chat import Answer
from psychagent.llm.journal import Kept, Key, digest
from psychagent.nodes.counselor_view import recall_tokens
from psychagent.nodes.deps import Deps
from psychagent.nodes.state import Brief

Open = Callable[[Sequence[MemoryItem], int], list[MemoryItem]]
"""Given all items and the session's number, keeps those that may be recalled."""


async def nearest_items(
    deps: Deps, brief: Brief, call: CallId, *, query: str, items: Sequence[MemoryItem], most: int
) -> list[MemoryItem]:
    """Find the items nearest to a text, best first; a session that is played again finds them kept.

    Args:
        deps: Where the search and the journal are.
        brief: The session.
        call: What the finding is kept by.
        query: The text.
        items: Where to look.
        most: The most that are found.
    """
    texts = [item.text for item in items]
    key = Key(call, 0, digest(query, texts, most))
    if kept := deps.journal.find(key):
        rows: list[int] = kept.value["rows"]
    else:
        rows = await deps.texts(brief.case.language).rank(query, texts, most)
        deps.journal.add(key, Kept({"rows": rows}))
    return [items[row] for row in rows]


async def recall_items(deps: Deps, brief: Brief, turns: Sequence[Turn], may: Open) -> Answer[tuple[str, ...]]:
    """Find the items nearest to the client's last words, as many as fit; none before a word is said."""
    items = may(brief.memory.stock.items, brief.session_index)
    if not turns:
        await deps.texts(brief.case.language).prepare([item.text for item in items])
        return Answer((), Usage())
    call = CallId(brief.place, "memory", str(len(turns)))
    most = deps.baseline.memory_top_k
    best = await nearest_items(deps, brief, call, query=turns[-1].text, items=items, most=most)
    return Answer(tuple(item.id for item in best_that_fit(best, recall_tokens(brief))), Usage())
