"""The drawing of the house is the house."""

from __future__ import annotations

import pytest

from tools.draw_house import PAGE, draw, draw_page
from tools.house import STAIRCASE, arrows, reduce, rooms


def test_the_architecture_page_is_what_make_docs_would_write() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert draw_page(page) == page, "run `make docs`"


def test_every_room_has_a_sentence_of_its_own() -> None:
    sentences = rooms()
    assert len(sentences) > 12
    assert all(len(sentence) > 10 for sentence in sentences.values())
    assert len(set(sentences.values())) == len(sentences)


def test_arrows_point_down_the_staircase() -> None:
    floors = {room: number for number, floor in enumerate(STAIRCASE) for room in floor}
    drawn = arrows()
    assert "errors" in drawn["assets"]
    assert [(a, b) for a, to in drawn.items() for b in to if floors[b] >= floors[a]] == []


def test_an_arrow_that_others_imply_is_left_out() -> None:
    graph = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set[str]()}
    assert reduce(graph) == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set()}
    assert "a --> b" in draw(graph)


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="rooms"):
        draw_page("# Nothing here\n")
