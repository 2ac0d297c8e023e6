"""Words of English, characters of Chinese."""

from __future__ import annotations

import numpy as np

from psychagent.skills.lexical import LexicalIndex, tokenize


def test_english_is_split_into_words_without_the_commonest() -> None:
    assert tokenize("The client isn't asking for Help") == ["client", "isn't", "asking", "help"]


def test_chinese_is_split_into_characters_and_their_pairs() -> None:
    assert tokenize("怕开会") == ["怕", "开", "会", "怕开", "开会"]


def test_pairs_do_not_reach_over_punctuation() -> None:
    assert "怕会" not in tokenize("怕，会")


def test_a_mixed_text_keeps_both() -> None:
    assert tokenize("做CBT练习") == ["cbt", "做", "练", "习", "练习"]


def test_a_text_that_shares_words_scores_higher() -> None:
    scores = LexicalIndex(["来访者怕开会", "来访者睡不着", "和父亲的关系"]).scores("一开会就怕")
    assert int(np.argmax(scores)) == 0
    assert scores[2] < scores[0]


def test_a_query_of_unknown_words_scores_zero_everywhere() -> None:
    assert LexicalIndex(["sleep", "anger"]).scores("quantum").tolist() == [0, 0]


def test_an_empty_text_can_be_indexed() -> None:
    assert LexicalIndex(["", "anger"]).scores("anger").shape == (2,)
