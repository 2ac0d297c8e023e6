"""JSON lines: what is written is read back, and a line ends at a line feed alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.files.lines import read_lines, write_lines


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\r", "\n"])
def test_a_text_with_any_kind_of_line_break_is_one_line(tmp_path: Path, mark: str) -> None:
    values = [{"text": f"before{mark}after"}, {"text": "next"}]
    write_lines(tmp_path / "a.jsonl", values)
    assert list(read_lines(tmp_path / "a.jsonl")) == [(1, values[0]), (2, values[1])]


def test_blank_lines_count_and_hold_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\n{"a": 1}\r\n  \n[2]')
    assert list(read_lines(path)) == [(2, {"a": 1}), (4, [2])]


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "\u2028"}\n{"a": \n', encoding="utf-8")
    with pytest.raises(RecordError, match=r"a\.jsonl, line 2: is not JSON \(.*\); mend or remove it"):
        list(read_lines(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"a\.jsonl: no such file"):
        list(read_lines(tmp_path / "a.jsonl"))


def test_where_a_value_cannot_be_made_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_lines(path, ["old"])

    def broken() -> Iterator[str]:
        yield "new"
        raise ArithmeticError("no further value")

    with pytest.raises(ArithmeticError):
        write_lines(path, broken())
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
    assert list(read_lines(path)) == [(1, "old")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[" * 9000, "nested too deeply"),
        ("[" * 900 + "]" * 900, "lists and mappings are nested deeper than 100 levels"),
        ('{"a": 1, "a": 2}', "key 'a' stands twice"),
        ("9" * 5000, "a number of more than"),
    ],
)
def test_a_line_that_no_program_of_ours_writes_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"1\n{line}\n", encoding="utf-8")
    with pytest.raises(RecordError, match=rf"a\.jsonl, line 2: is not JSON \({why}.*\); mend or remove it"):
        list(read_lines(path))


def test_half_a_character_is_written_with_escapes_and_read_back(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", ["半 \ud83d", "半"])
    assert list(read_lines(tmp_path / "a.jsonl")) == [(1, "半 \ud83d"), (2, "半")]
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == '"\\u534a \\ud83d"\n"半"\n'
