"""What is counted in a dialogue by code."""

from __future__ import annotations

from psychagent.domain.base import Speaker
from psychagent.domain.scores import Talk
from psychagent.scales.dialogue import Line
from psychagent.scales.talk import count_talk

C, K = Speaker.COUNSELOR, Speaker.CLIENT


def talk(*pairs: tuple[Speaker, str]) -> Talk:
    return count_talk([Line(speaker=speaker, text=text) for speaker, text in pairs])


def test_the_counselors_share_is_of_the_words_of_both() -> None:
    counted = talk((C, "How are you?"), (K, "I can't sleep at all."), (C, "Since when?"))
    assert counted.counselor_share == 0.5
    assert (counted.counselor_turns, counted.client_turns) == (2, 1)
    assert (counted.counselor_words_per_turn, counted.client_words_per_turn) == (2.5, 5)


def test_questions_are_counted_per_turn_of_the_counselor_and_marks_in_a_row_once() -> None:
    counted = talk((C, "Really?! When? Why??"), (K, "What do you mean?"), (C, "Go on."))
    assert counted.questions_per_turn == 1.5


def test_the_longest_turn_is_the_counselors() -> None:
    assert talk((C, "One two three."), (K, "One two three four five."), (C, "One.")).longest_turn == 3


def test_a_chinese_character_counts_as_a_word() -> None:
    counted = talk((C, "睡不着多久了？"), (K, "三年。"))
    assert (counted.counselor_share, counted.questions_per_turn) == (round(6 / 8, 4), 1)


def test_silence_has_no_shares() -> None:
    assert talk() == Talk()
