"""What each kind of memory shows in the head of a prompt, and how much of it fits."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.memory import Memory
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.strategy.item import MemoryItem, MemoryStock
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.views.kinds import (
    View,
    in_full,
    newest_that_fit,
    nothing,
    portrayed,
    searched,
    shown_memory,
    without_file,
    word_for_word,
)
from tests.support.memory_parts import memory

TURNS = [
    MemoryItem(
        id=f"{session}.{at}",
        text=f"words {session}.{at} " + "x " * 20,
        session=session,
        turns=(at,),
        speaker=who,
    )
    for session in (1, 2)
    for at, who in enumerate((Speaker.COUNSELOR, Speaker.CLIENT))
]
HELD = memory(3).model_copy(update={"stock": MemoryStock(items=tuple(TURNS), portrait="A baker who jokes.")})
EACH = estimate_tokens(TURNS[0].text) + 6


@pytest.mark.parametrize(("room", "kept"), [(1, 1), (2, 2), (3, 3), (9, 4)])
def test_the_newest_turns_that_fit_are_kept_in_their_order(room: int, kept: int) -> None:
    found = newest_that_fit(TURNS, room * EACH)
    assert [item.id for item in found] == [item.id for item in TURNS][len(TURNS) - kept :]


def test_a_turn_that_alone_is_too_long_is_cut_and_not_left_out() -> None:
    long = TURNS[0].model_copy(update={"text": "word " * 500})
    (found,) = newest_that_fit([long], 50)
    assert 0 < estimate_tokens(found.text) <= 50


SHOWN: list[tuple[View, dict[str, bool]]] = [
    (in_full, {"file_lines": True, "recent": True, "homework": True, "said": False, "portrait": False}),
    (without_file, {"file_lines": False, "recent": True, "homework": True, "said": False, "portrait": False}),
    (nothing, {"file_lines": False, "recent": False, "homework": False, "said": False, "portrait": False}),
    (
        word_for_word,
        {"file_lines": False, "recent": False, "homework": False, "said": True, "portrait": False},
    ),
    (searched, {"file_lines": False, "recent": False, "homework": False, "said": False, "portrait": False}),
    (portrayed, {"file_lines": False, "recent": False, "homework": False, "said": False, "portrait": True}),
]


@pytest.mark.parametrize(("view", "parts"), SHOWN, ids=lambda value: getattr(value, "__name__", ""))
def test_a_kind_shows_its_own_parts_and_no_others(view: View, parts: dict[str, bool]) -> None:
    shown = shown_memory(view, HELD, budget=800)
    assert {name: bool(getattr(shown, name)) for name in parts} == parts
    assert shown.is_empty() == (view is nothing)


@pytest.mark.parametrize("view", [nothing, word_for_word, searched, portrayed])
def test_a_danger_on_record_is_shown_by_every_kind_where_the_gate_acts(view: View) -> None:
    last = HELD.summaries[-1].model_copy(
        update={"safety": SafetyNote(danger=Danger.VOICED, words="I would be better dead")}
    )
    held: Memory = HELD.model_copy(update={"summaries": (*HELD.summaries[:-1], last)})
    assert not shown_memory(view, held, budget=800).must_ask
    assert shown_memory(view, held, budget=800, acts=True).must_ask
