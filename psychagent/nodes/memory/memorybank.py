"""Memory as a portrait of the client, and events and exchanges that fade, as in MemoryBank."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from psychagent.domain.base import asked_for
from psychagent.domain.role import Role
from psychagent.domain.strategy.item import MemoryItem, MemoryStock
from psychagent.domain.strategy.retention import not_forgotten, strengthened
from psychagent.domain.strategy.windows import exchanges
from psychagent.domain.turn import Turn
from psychagent.llm.chat import Answer
from psychagent.nodes.deps import Deps
from psychagent.nodes.memory.prompt import memory_prompt
from psychagent.nodes.memory.rag import dialogue_item
from psychagent.nodes.memory.search import recall_items
from psychagent.nodes.state import Brief, FileUpdated


class PortraitReply(BaseModel):
    """What happened in a session, and who the client is by now."""

    event: str = asked_for(500, min_length=1)
    portrait: str = asked_for(900, min_length=1)


async def take_in_session(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> FileUpdated:
    """Write event and portrait, keep the exchanges, and hold more firmly what the session recalled."""
    before, session = brief.memory.stock, brief.session_index
    prompt = memory_prompt(deps, brief, "portrait", {"portrait": before.portrait}, turns=turns)
    answer = await deps.chat(Role.CLIENT_FILE, brief.knobs).ask(prompt, PortraitReply)
    event = MemoryItem(id=f"{session}.0", text=answer.value.event, session=session, last_used=session)
    said = [dialogue_item(deps, brief, turns, at, n) for n, at in enumerate(exchanges(turns), start=1)]
    recalled = {item_id for turn in turns for item_id in turn.recalled}
    items = (*strengthened(before.items, recalled, session), event, *said)
    return FileUpdated(
        client_file=brief.memory.client_file,
        stock=MemoryStock(items=items, portrait=answer.value.portrait),
        usage=answer.usage,
    )


async def recall_unforgotten(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[tuple[str, ...]]:
    """Find the events and exchanges nearest to the client's last words, of those that are not forgotten."""
    return await recall_items(deps, brief, turns, not_forgotten)
