"""A text that is too long for a message ends at a word, with a sign that something is left out."""

from __future__ import annotations

import pytest

from psychagent.domain.words.cut import cut, cut_middle, one_line


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("short", 5, "short"),
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two, three", 10, "one two…"),
        ("one twothreefourfive", 12, "one twothre…"),
        ("abcdefghij", 5, "abcd…"),
        ("我今天觉得非常累", 5, "我今天觉…"),
        ("one\ntwo three", 9, "one\ntwo…"),
    ],
)
def test_a_text_is_cut_at_a_word(text: str, most: int, shown: str) -> None:
    assert cut(text, most) == shown
    assert len(shown) <= most


def test_a_text_of_several_lines_is_told_on_one() -> None:
    assert one_line("one\n  two\tthree", 9) == "one two…"


def test_a_path_is_cut_in_its_middle() -> None:
    assert cut_middle("/home/me/run.yaml", 40) == "/home/me/run.yaml"
    assert cut_middle("/home/me/" + "a" * 50 + "/run.yaml", 24) == "/home/…aaaaaaaa/run.yaml"
