"""A typed line is words, an order, or something that is not sent and says why."""

from __future__ import annotations

import pytest

from psychagent.chats.lines import MOST_CHARS, Obey, Refuse, Say, read_line
from psychagent.chats.texts import Order, load_chat_texts
from psychagent.domain.base import Language

EN, ZH = load_chat_texts(Language.EN), load_chat_texts(Language.ZH)


@pytest.mark.parametrize(
    "typed", ["/help", " /HELP ", "/help\n", "\uff0fhelp"], ids=["plain", "loud", "line feed", "full width"]
)
def test_an_order_is_known_however_it_is_typed(typed: str) -> None:
    assert read_line(typed, EN) == Obey(Order.HELP)


def test_orders_can_be_given_in_chinese() -> None:
    assert read_line("/帮助", ZH) == Obey(Order.HELP)
    assert read_line("\uff0f结束", ZH) == Obey(Order.END)


@pytest.mark.parametrize(
    "words",
    [
        "</end>",
        "<response>hello</response>",
        "<think>x</think>",
        "/ and then I left",
        "/help me please",
        "and/or",
        "/home/me/letter.txt",
        '{"end": true}',
    ],
)
def test_marks_inside_words_mean_nothing(words: str) -> None:
    assert read_line(words, EN) == Say(words)


def test_an_empty_line_is_refused_without_a_word() -> None:
    assert [read_line(typed, EN) for typed in ("", "   ", "\t", "\x1b\x00")] == [Refuse("")] * 4


def test_an_unknown_order_is_not_sent_and_the_known_ones_are_named() -> None:
    refused = read_line("/stop", EN)
    assert isinstance(refused, Refuse)
    assert refused.why.startswith("/stop is not known. /help shows")


def test_words_up_to_the_limit_go_and_longer_ones_do_not() -> None:
    assert read_line("x" * MOST_CHARS, EN) == Say("x" * MOST_CHARS)
    refused = read_line("x" * (MOST_CHARS + 1), EN)
    assert isinstance(refused, Refuse)
    assert "4,001" in refused.why
    assert "4,000" in refused.why


def test_halves_of_characters_and_keys_are_dropped_and_words_stay() -> None:
    assert read_line("a\udce9b\x1b[A", EN) == Say("ab[A")
    assert read_line("one\ntwo", EN) == Say("one\ntwo")


def test_both_languages_know_the_same_orders() -> None:
    assert EN.orders.keys() == ZH.orders.keys() == set(Order)
    assert all(names[0] == f"/{order}" for t in (EN, ZH) for order, names in t.orders.items())
