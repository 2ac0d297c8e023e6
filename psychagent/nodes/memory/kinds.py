"""Each kind of memory: how prompts show it, what it takes in after a session, what a turn recalls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from psychagent.assets import installed
from psychagent.assets.installed import load_installed
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.strategy.item import MemoryStock
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.domain.views.kinds import (
    View,
    in_full,
    item_of,
    newest_that_fit,
    nothing,
    portrayed,
    searched,
    without_file,
    word_for_word,
)
from psychagent.llm.chat import Answer
from psychagent.nodes.deps import Deps
from psychagent.nodes.memory.client_file import update_client_file
from psychagent.nodes.memory.mem0 import recall_facts, take_in_facts
from psychagent.nodes.memory.memorybank import recall_unforgotten, take_in_session
from psychagent.nodes.memory.rag import keep_windows, recall_windows
from psychagent.nodes.state import Brief, FileUpdated

Remember = Callable[[Deps, Brief, Sequence[Turn]], Awaitable[FileUpdated]]
"""Takes in a finished session, given its turns; may ask the reflector."""
Recall = Callable[[Deps, Brief, Sequence[Turn]], Awaitable[Answer[tuple[str, ...]]]]
"""Finds the items that the counselor's next turn is shown, by their ids, best first; given the turns."""


async def _carry_on(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> FileUpdated:
    """Take in nothing: the summary, which every system writes, is all there is."""
    return FileUpdated(client_file=brief.memory.client_file, stock=brief.memory.stock)


async def _keep_turns(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> FileUpdated:
    """Keep the session's turns; of the older ones those that a later prompt can still show."""
    said = [item_of(turn, session=brief.session_index, at=at) for at, turn in enumerate(turns)]
    kept = newest_that_fit([*brief.memory.stock.items, *said], brief.memory_tokens)
    return FileUpdated(client_file=brief.memory.client_file, stock=MemoryStock(items=tuple(kept)))


async def _recall_nothing(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[tuple[str, ...]]:
    return Answer((), Usage())


@dataclass(frozen=True)
class MemoryStrategy:
    """A kind of memory, as three functions that the same graph calls."""

    view: View
    """What the head of a session's prompts shows; the same in all of its turns."""
    remember: Remember
    recall: Recall = _recall_nothing
    """What stands at a turn's tail."""
    asks: int = 0
    """How often `remember` asks the reflector after a session, at most: estimates go by it. What ours ask
    stands in `REMEMBER_CALLS`, which an estimate reads without a graph."""

    @property
    def recalls(self) -> bool:
        """Whether anything may stand at a turn's tail."""
        return self.recall is not _recall_nothing


MEMORIES: Mapping[MemoryKind, MemoryStrategy] = {
    MemoryKind.FILE: MemoryStrategy(in_full, update_client_file),
    MemoryKind.NONE: MemoryStrategy(nothing, _carry_on),
    MemoryKind.RECAP: MemoryStrategy(without_file, _carry_on),
    MemoryKind.HISTORY: MemoryStrategy(word_for_word, _keep_turns),
    MemoryKind.RAG: MemoryStrategy(searched, keep_windows, recall_windows),
    MemoryKind.MEM0: MemoryStrategy(searched, take_in_facts, recall_facts),
    MemoryKind.MEMORYBANK: MemoryStrategy(portrayed, take_in_session, recall_unforgotten),
    # what its prompts show is another client's (`Brief.stands_in`); what it keeps is its own
    MemoryKind.OTHER: MemoryStrategy(in_full, update_client_file),
}
"""Every kind of memory of ours that a baseline may name."""


def memory_of(baseline: BaselineSettings) -> MemoryStrategy:
    """Return the memory of a system: one of ours, or one that an installed package offers.

    Raises:
        SettingsError: If the package is not there, or what it offers cannot be used.
    """
    if isinstance(baseline.memory, MemoryKind):
        return MEMORIES[baseline.memory]
    return load_installed(installed.MEMORIES, baseline.memory, MemoryStrategy)
