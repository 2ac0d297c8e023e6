"""One stated rule measures text in tokens, and texts are shortened by it."""

from __future__ import annotations

import pytest

from psychagent.domain.text.tokens import clip_to_tokens, estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("你好", 2), ("你好ab", 3), ("，。", 2), ("“”", 1)],
)
def test_a_cjk_character_is_a_token_and_four_others_are_one(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@pytest.mark.parametrize("text", ["word " * 50, "汉字" * 50, "汉 ab " * 30])
@pytest.mark.parametrize("limit", [1, 2, 7, 20, 500])
def test_a_clipped_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    clipped = clip_to_tokens(text, limit)
    assert estimate_tokens(clipped) <= limit
    whole = estimate_tokens(text) <= limit
    assert (clipped == text) == whole
    assert clipped.endswith("…") != whole
    assert text.startswith(clipped.removesuffix("…"))


def test_a_text_is_cut_behind_a_sentence_where_that_keeps_half_of_it() -> None:
    text = "She went home. She lay down and did not sleep until four in the morning."
    assert clip_to_tokens(text, 6) == "She went home. …"
    assert clip_to_tokens("她回了家。躺下以后一直到凌晨四点才睡着。", 9) == "她回了家。…"


@pytest.mark.parametrize("limit", range(3, 25))
def test_no_english_word_is_cut_in_two(limit: int) -> None:
    text = "because he always, always said so; everyone has got something, and emergency services came"
    clipped = clip_to_tokens(text, limit)
    kept = clipped.removesuffix("…").rstrip()
    assert text.startswith(kept)
    assert clipped == text or not text[len(kept)].isalnum()


def test_a_chinese_text_is_cut_behind_a_mark_of_punctuation() -> None:
    assert clip_to_tokens("父母都是中学教师，管得很严，从不夸人", 15) == "父母都是中学教师，管得很严，…"


def test_clipping_keeps_as_much_as_fits() -> None:
    clipped = clip_to_tokens("x" * 400, 10)
    assert len(clipped) == 40
