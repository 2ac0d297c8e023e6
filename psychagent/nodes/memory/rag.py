"""Memory as windows of the earlier dialogues; a turn is shown those nearest to the client's words."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.strategy.item import MemoryItem, MemoryStock
from psychagent.domain.strategy.windows import windows
from psychagent.domain.turn import Turn
from psychagent.llm.chat import Answer
from psychagent.nodes.deps import Deps, Sources
from psychagent.nodes.memory.search import recall_items
from psychagent.nodes.state import Brief, FileUpdated


def dialogue_item(
    sources: Sources, brief: Brief, turns: Sequence[Turn], at: Sequence[int], number: int
) -> MemoryItem:
    """Make an item of some turns of a session, naming who speaks in the language of the prompts."""
    words = sources.prompts(brief.case.language).render("memory/window", turns=[turns[n] for n in at])
    session = brief.session_index
    return MemoryItem(
        id=f"{session}.{number}", text=str(words), session=session, turns=tuple(at), last_used=session
    )


async def keep_windows(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> FileUpdated:
    """Cut the session into windows; nobody is asked."""
    fresh = [dialogue_item(deps, brief, turns, at, n) for n, at in enumerate(windows(turns), start=1)]
    stock = MemoryStock(items=(*brief.memory.stock.items, *fresh))
    return FileUpdated(client_file=brief.memory.client_file, stock=stock)


async def recall_windows(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[tuple[str, ...]]:
    """Find the windows nearest to the client's last words."""
    return await recall_items(deps, brief, turns, lambda items, session: list(items))
