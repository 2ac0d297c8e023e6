"""Text alone is left: nothing that steers a terminal, and every word."""

from __future__ import annotations

import pytest

from psychagent.domain.text.plain import plain, whole


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\x1b[31mred\x1b[0m b", "ared b"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1b]52;c;aGk=\x07b", "ab"),
        ("a\x1bPq#0\x1b\\b\x1b^x\x1b\\c", "abc"),
        ("a\x9b2Jb\x9d0;t\x9cc", "abc"),
        ("a\x1b]0;never ended", "a0;never ended"),
        ("a\x1bcb\x1b", "ab"),
        ("a\x00b\x07c\x08d\x7fe", "abcde"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("line\n\ttab", "line\n\ttab"),
        ("语\u2028句\u0085段\x0b一\x0c二\x1e三\u2029四", "语\n句\n段\n一\n二\n三\n四"),
        ("a\u202eb\u2066c\u2069d", "abcd"),
        ("<[31m is no color> 你好", "<[31m is no color> 你好"),
    ],
)
def test_what_steers_a_terminal_is_dropped(text: str, left: str) -> None:
    assert plain(text) == left
    assert whole(text) == left


def test_half_characters_become_whole_ones() -> None:
    assert whole("a\ud83db") == "a?b"


@pytest.mark.parametrize("mark", ["\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2069"])
def test_a_terminal_shows_letters_in_the_order_of_the_file(mark: str) -> None:
    assert plain(f"a{mark}b\x1b[31mc") == "abc"
