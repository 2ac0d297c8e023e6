"""Whether a text can be the name of a file."""

from __future__ import annotations

import pytest

from psychagent.files.name import why_no_path


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("a" * 256, "is longer than a path can be"),
        ("名" * 86, "is longer than a path can be"),
        ("a/" * 2100, "is longer than a path can be"),
        ("a\nb", "holds a control character"),
        ("a\0b", "holds a control character"),
    ],
)
def test_what_no_file_can_be_called_is_told(path: str, told: str) -> None:
    assert why_no_path(path).startswith(told)


@pytest.mark.parametrize("path", [".", "a b", "~/x", "名" * 85, "x\udcff", "a/../b", "/", "a" * 255])
def test_what_a_file_may_be_called_is_taken(path: str) -> None:
    assert why_no_path(path) == ""
