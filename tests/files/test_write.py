"""Files of a run are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.files.digest import hash_file
from psychagent.files.read import read_json
from psychagent.files.write import whole_file, whole_files, write_json


def test_json_is_written_with_its_folder_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.json"
    write_json(path, {"x": [1, "二"]})
    assert read_json(path) == {"x": [1, "二"]}
    assert path.read_text(encoding="utf-8").endswith("}\n")


def test_nothing_is_left_beside_a_written_file(tmp_path: Path) -> None:
    write_json(tmp_path / "c.json", {"x": 1})
    write_json(tmp_path / "c.json", {"x": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["c.json"]
    assert read_json(tmp_path / "c.json") == {"x": 2}


def test_a_place_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordError, match=r"file/c\.json: cannot be written \(.*\)"):
        write_json(tmp_path / "file" / "c.json", {})


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(b'{"x": "\xff"}')
    with pytest.raises(RecordError, match=r"c\.json: is truncated or not JSON"):
        read_json(tmp_path / "c.json")


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    write_json(path, {"x": 1})

    def interrupted() -> None:
        with whole_file(path) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["c.json"]
    assert read_json(path) == {"x": 1}


def test_of_files_that_belong_together_none_is_replaced_before_all_are_written(tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("old")

    def cut_off() -> None:
        with whole_files() as put:
            put(first, [b"new"])
            put(second, [b"new"])
            assert first.read_text() == "old"
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        cut_off()
    assert [p.name for p in tmp_path.iterdir()] == ["first.txt"]
    with whole_files() as put:
        digests = [put(first, [b"a", b"b"]), put(second, [b"c"])]
    assert (first.read_text(), second.read_text()) == ("ab", "c")
    assert digests == [hash_file(first), hash_file(second)]
