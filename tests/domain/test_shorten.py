"""A text is shortened at the end of a sentence or a word, never inside one."""

from __future__ import annotations

import pytest

from psychagent.domain.shorten import shorten_to_tokens
from psychagent.domain.tokens import estimate_tokens


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert shorten_to_tokens("  I sleep\nbadly. ", 10) == "I sleep badly."


def test_the_last_sentence_that_fits_ends_it() -> None:
    text = "I sleep badly. I said “no.” Then I went home and nobody was there."
    assert shorten_to_tokens(text, 8) == "I sleep badly. I said “no.”"
    assert shorten_to_tokens("我睡不好。我说“不”。后来我就回家了，家里没人。", 11) == "我睡不好。我说“不”。"


def test_where_no_sentence_fits_a_word_ends_it_and_the_cut_is_marked() -> None:
    assert shorten_to_tokens("her father died when she was fifteen", 5) == "her father died…"
    assert shorten_to_tokens("三个计划，社会学硕士二年级学生", 9) == "三个计划…"
    assert shorten_to_tokens("社会学硕士二年级学生", 6) == "社会学硕士…"


def test_a_first_sentence_that_is_much_too_short_is_not_all_that_is_kept() -> None:
    assert (
        shorten_to_tokens("Yes. I told her that I had been to the sea alone", 10)
        == "Yes. I told her that I had been to the…"
    )


def test_a_number_with_a_point_is_no_end_of_a_sentence() -> None:
    assert shorten_to_tokens("It costs 3.50 a day and I pay it every day", 4) == "It costs 3.50 a…"


@pytest.mark.parametrize("limit", range(1, 30))
def test_the_limit_holds(limit: int) -> None:
    for text in ("one two three. four five six seven! " * 5, "一二三，四五六。七八九" * 5, "x" * 200):
        assert estimate_tokens(shorten_to_tokens(text, limit)) <= limit
