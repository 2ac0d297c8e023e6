from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.scales.dialogue import Line
from psychagent.scales.quotes import complete_quote, quote_problem, to_words
from tests.support.judging import C, K, dialogue

LINES = dialogue(
    [
        (C, "What made you come — just now?"),
        (K, "I can’t sleep, doctor. I lie awake until four."),
        (C, "我听到你说，夜里总是醒着。"),
        (K, "是的……睡不着，心里很慌。"),
        (K, "Ok"),
        (K, "He said it was the heart of the matter... then we hit the road."),
    ]
).lines


@pytest.mark.parametrize(
    ("turn", "rates", "text"),
    [
        (2, "client", "I can’t sleep, doctor."),
        (2, "client", "i can't  sleep doctor"),
        (2, "client", '"I lie awake until four"'),
        (2, "client", "I can't sleep ... until four."),
        (2, "either", "I lie awake"),
        (1, "counselor", "come - just now"),
        (3, "counselor", "夜里总是醒着"),
        (4, "client", "睡不着,心里很慌"),
        (4, "client", "“睡不着，心里很慌。”"),
        (4, "client", "是的……睡不着，心里很慌。"),
        (3, "counselor", "我听到你说…总是醒着"),
        (6, "client", "the heart of the matter... then we hit"),
        (5, "client", "OK."),
    ],
)
def test_a_quote_counts_whatever_its_punctuation_and_white_space(turn: int, rates: str, text: str) -> None:
    assert quote_problem(LINES, rates, turn, text) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("turn", "rates", "text", "problem"),
    [
        (1, "either", "I lie awake until four", "not in that turn"),
        (2, "counselor", "I lie awake until four", "other speaker"),
        (2, "client", "I sleep very well", "not in that turn"),
        (2, "client", "until four ... I can't sleep", "not in that turn"),
        (0, "either", "I lie awake", "no such turn"),
        (7, "either", "I lie awake", "no such turn"),
        (6, "client", "it", "too short"),
        (6, "client", "he", "too short"),
        (6, "client", "heart of", "too short"),
        (6, "client", "matter", "too short"),
        (6, "client", "art of the mat", "not in that turn"),
        (6, "client", "it was the hear", "not in that turn"),
        (6, "client", "itwastheheart of the", "not in that turn"),
        (6, "client", "he said it was ... it", "too short"),
        (4, "client", "睡不着", "too short"),
        (4, "client", "是的…心里很慌", "too short"),
        (4, "client", "心里很慌…睡不着心", "not in that turn"),
        (2, "client", "I", "too short"),
        (2, "client", "... !", "too short"),
        (2, "client", "", "too short"),
        (3, "client", "夜里总是醒着", "other speaker"),
    ],
)
def test_a_quote_that_does_not_count_says_why(turn: int, rates: str, text: str, problem: str) -> None:
    assert quote_problem(LINES, rates, turn, text) == problem  # type: ignore[arg-type]


def test_full_and_half_width_forms_are_the_same() -> None:
    assert to_words("Ｉ’ｍ　ＯＫ！") == to_words("i'm ok") == ("im", "ok")


def test_marks_of_scripts_that_need_them_are_kept() -> None:
    assert to_words("café") != to_words("cafe")


@pytest.mark.parametrize(
    ("said", "first", "whole"),
    [
        (
            "Well. I noticed that it is worse, mostly. And then?",
            "i noticed that",
            "I noticed that it is worse, mostly.",
        ),
        ("Well. I noticed that it is worse", "I noticed that", "I noticed that it is worse"),
        ('She said "leave me alone now!" and went.', "leave me alone", 'leave me alone now!"'),
        (
            "我说不清。周日晚上最难受，很怕第二天上班。后来好了。",
            "周日晚上最",
            "周日晚上最难受，很怕第二天上班。",
        ),
        ("I don’t know why it happens… I cry.", "I don't know", "I don’t know why it happens…"),
        ("ＦＵＬＬ width words here. More.", "full width words", "ＦＵＬＬ width words here."),
    ],
)
def test_first_words_are_completed_to_the_end_of_their_sentence(said: str, first: str, whole: str) -> None:
    lines = (Line(speaker=Speaker.CLIENT, text=said),)
    assert complete_quote(lines, 1, first) == whole
    assert quote_problem(lines, "client", 1, whole) == ""


def test_a_very_long_sentence_is_completed_to_a_clause_only() -> None:
    said = "I noticed that it comes " + "again and again, " * 20 + "on Sundays."
    whole = complete_quote((Line(speaker=Speaker.CLIENT, text=said),), 1, "I noticed that")
    assert whole.endswith("again,")
    assert 80 <= len(whole) <= 160


def test_a_whole_quote_is_never_cut() -> None:
    said = "I noticed that it comes. It is worst on Sundays. I cry."
    given = "I noticed that it comes. It is worst"
    whole = complete_quote((Line(speaker=Speaker.CLIENT, text=said),), 1, given)
    assert whole == "I noticed that it comes. It is worst on Sundays."


@pytest.mark.parametrize(
    ("turn", "first"), [(1, "never said at all"), (2, "I noticed that"), (0, "I noticed that")]
)
def test_words_that_are_not_there_stay_as_they_are(turn: int, first: str) -> None:
    lines = (Line(speaker=Speaker.CLIENT, text="I noticed that it comes."),)
    assert complete_quote(lines, turn, first) == first
