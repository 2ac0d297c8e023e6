from __future__ import annotations

import pytest

from psychagent.domain.words.near import near, nearest


def test_a_word_far_from_all_lists_what_is_known() -> None:
    assert nearest("xyz", ["alpha", "beta"]) == "; known: alpha, beta"
    assert nearest("xyz", [f"folder{i:04d}" for i in range(3000)]).endswith("folder0018 and 2981 more")


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("alpah", ["alpha", "beta"], ["alpha"]),
        ("CBTT", ["bt", "cbt", "pmt"], ["cbt"]),
        ("EN01", ["en01", "en02", "zh01"], ["en01"]),
        ("wai", ["SRS", "WAI"], ["WAI"]),
        ("bdi_ii", ["BDI_II", "WAI"], ["BDI_II"]),
        ("Anna", ["ANNA", "Ann", "anna"], ["anna"]),
        ("XYZ", ["alpha", "beta"], []),
    ],
)
def test_a_word_is_suggested_whatever_the_case_of_its_letters(
    word: str, known: list[str], meant: list[str]
) -> None:
    assert near(word, known) == meant


def test_as_many_words_are_suggested_as_are_asked_for() -> None:
    assert near("SKILL", ["skill1", "Skill2", "other"], most=3) == ["Skill2", "skill1"]
