"""Words of English, characters of Chinese."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psychagent.domain.base import Language
from psychagent.skills.lexical import LexicalIndex, Scores, best_rows, tokenize
from psychagent.skills.library import SkillLibrary, skill_text

with warnings.catch_warnings():
    # in a notebook without widgets it warns of progress bars
    warnings.filterwarnings("ignore", message="IProgress not found")
    import bm25s


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


def test_no_text_at_all_can_be_indexed() -> None:
    assert LexicalIndex([]).scores("anger").shape == (0,)


def library_scores(texts: list[str], query: str) -> Scores:
    """Score by the bm25s library."""
    index = bm25s.BM25()
    index.index([tokenize(text) or [""] for text in texts], show_progress=False)
    tokens = [token for token in tokenize(query) if token in index.vocab_dict]
    if not tokens:
        return np.zeros(len(texts), dtype=np.float32)
    return np.asarray(index.get_scores(tokens), dtype=np.float32)


@pytest.mark.parametrize("language", list(Language))
def test_the_scores_are_those_of_the_bm25s_library_to_the_bit(language: Language) -> None:
    texts = [skill_text(s) for stage in SkillLibrary(language).all_stages()[:4] for s in stage.skills()]
    index = LexicalIndex(texts)
    for query in texts[::9]:
        assert np.array_equal(index.scores(query), library_scores(texts, query))


WORDS = st.lists(st.sampled_from(["sleep", "anger", "grief", "the", "睡不着", "怕"]), max_size=9).map(
    " ".join
)


@given(texts=st.lists(WORDS, min_size=1, max_size=9), query=WORDS)
def test_any_texts_score_as_in_the_bm25s_library(texts: list[str], query: str) -> None:
    assert np.array_equal(LexicalIndex(texts).scores(query), library_scores(texts, query))


@given(
    scores=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.25, 3.0]), min_size=1, max_size=60),
    depth=st.integers(1, 70),
)
def test_the_best_rows_are_the_head_of_a_stable_sort(scores: list[float], depth: int) -> None:
    found = np.array(scores, dtype=np.float32)
    assert best_rows(found, depth).tolist() == np.argsort(-found, kind="stable")[:depth].tolist()


@given(scores=st.lists(st.floats(0, 50, width=32), min_size=1, max_size=60), depth=st.integers(1, 70))
def test_the_best_rows_of_any_scores_are_the_head_of_a_stable_sort(scores: list[float], depth: int) -> None:
    found = np.array(scores, dtype=np.float32)
    assert best_rows(found, depth).tolist() == np.argsort(-found, kind="stable")[:depth].tolist()
