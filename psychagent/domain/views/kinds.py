"""What the head of a prompt shows of each kind of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from psychagent.domain.file_facts import NO_LABELS
from psychagent.domain.memory import ClientFile, Memory
from psychagent.domain.safety import SafetyNote
from psychagent.domain.strategy.item import MemoryItem
from psychagent.domain.text.tokens import clip_to_tokens, estimate_tokens
from psychagent.domain.turn import Turn
from psychagent.domain.views.memory import MemoryView, SafetyLine, SaidSession, note_texts, view_memory

_TURN_TOKENS = 6
"""Tokens that naming the speaker of a turn takes, or the session of an item."""
_NOTE_TOKENS = 40
"""Tokens of the words around what a turn recalls."""

View = Callable[[Memory, int, Mapping[str, str]], MemoryView]
"""Memory, budget in tokens, labels of the client file -> what the head shows."""


def in_full(memory: Memory, budget: int, labels: Mapping[str, str]) -> MemoryView:
    """Show client file, summaries and homework."""
    return view_memory(memory, budget=budget, labels=labels)


def without_file(memory: Memory, budget: int, labels: Mapping[str, str]) -> MemoryView:
    """Show summaries and homework."""
    return view_memory(memory.model_copy(update={"client_file": ClientFile()}), budget=budget, labels=labels)


def nothing(memory: Memory, budget: int, labels: Mapping[str, str]) -> MemoryView:
    """Show nothing: each session is the first."""
    return MemoryView()


def word_for_word(memory: Memory, budget: int, labels: Mapping[str, str]) -> MemoryView:
    """Show the earlier dialogues, the newest turns that fit."""
    kept = newest_that_fit(memory.stock.items, budget)
    sessions = groupby(kept, key=lambda item: item.session)
    return MemoryView(said=tuple(SaidSession(number, tuple(items)) for number, items in sessions))


def searched(memory: Memory, budget: int, labels: Mapping[str, str]) -> MemoryView:
    """Show that there were sessions: what fits of them stands with each turn."""
    return MemoryView(met=len(memory.summaries))


def portrayed(memory: Memory, budget: int, labels: Mapping[str, str]) -> MemoryView:
    """Show the portrait; what fits stands with each turn."""
    return MemoryView(met=len(memory.summaries), portrait=clip_to_tokens(memory.stock.portrait, budget // 2))


def shown_memory(
    view: View, memory: Memory, *, budget: int, labels: Mapping[str, str] = NO_LABELS, acts: bool = False
) -> MemoryView:
    """Choose what the head of a prompt shows of memory.

    Args:
        view: How the kind of memory is shown.
        memory: All of it.
        budget: The most tokens of it with its headings.
        labels: Name of a field of the client file -> how it is printed.
        acts: Whether the safety gate acts: then what is on record about danger is shown whatever the kind.
    """
    shown = view(memory, budget, labels)
    if not acts or shown.safety:
        return shown
    return shown.model_copy(update={"safety": view_memory(memory, budget=budget, labels=labels).safety})


def foreign_memory(
    view: View,
    memory: Memory,
    *,
    budget: int,
    labels: Mapping[str, str] = NO_LABELS,
    safety: tuple[SafetyLine, ...] | None = None,
) -> MemoryView:
    """Choose what the head of a prompt shows of another client's memory.

    Args:
        view: How the kind of memory is shown.
        memory: The other client's.
        budget: The most tokens of it with its headings.
        labels: Name of a field of the client file -> how it is printed.
        safety: What is on record about the danger of the client who is there, shown in place of the other's;
            None leaves the other's.
    """
    if safety is None:
        return view(memory, budget, labels)
    calm = tuple(summary.model_copy(update={"safety": SafetyNote()}) for summary in memory.summaries)
    told = sum(estimate_tokens(" ".join(note_texts(row.note))) + _TURN_TOKENS for row in safety)
    shown = view(memory.model_copy(update={"summaries": calm}), budget - told, labels)
    return shown.model_copy(update={"safety": safety})


def item_of(turn: Turn, *, session: int, at: int) -> MemoryItem:
    """Make an item of one turn: its visible words."""
    return MemoryItem(
        id=f"{session}.{at}", text=turn.text, session=session, turns=(at,), speaker=turn.speaker
    )


def best_that_fit(items: Sequence[MemoryItem], budget: int) -> list[MemoryItem]:
    """Take the items that fit, best first, and leave out the others; the best one is cut if it is too long.

    What it returns fits again: it may be called with its own result.

    Args:
        items: Best first.
        budget: Estimated tokens.
    """
    room, kept = budget - _NOTE_TOKENS, list[MemoryItem]()
    for item in items:
        text = item.text if kept else clip_to_tokens(item.text, max(room - _TURN_TOKENS, 1))
        cost = estimate_tokens(text) + _TURN_TOKENS
        if cost <= room or not kept:
            kept.append(item.model_copy(update={"text": text}))
            room -= cost
    return kept


def newest_that_fit(items: Sequence[MemoryItem], budget: int) -> list[MemoryItem]:
    """Take the newest turns that fit, in their order; the last one is cut if it alone is too long.

    Args:
        items: One for each turn, oldest first.
        budget: Estimated tokens.
    """
    room, kept = budget, list[MemoryItem]()
    for item in reversed(items):
        room -= estimate_tokens(item.text) + _TURN_TOKENS
        if room < 0:
            break
        kept.append(item)
    if not kept and items:
        kept = [items[-1].model_copy(update={"text": clip_to_tokens(items[-1].text, budget)})]
    return kept[::-1]
