"""Files of a run are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.files.read import read_json
from psychagent.files.write import write_json


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
