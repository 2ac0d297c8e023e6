"""A sealed file tells any change of it, and a file without a seal is read as ever."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import RecordError
from psychagent.files.read import read_json
from psychagent.files.seal import KEY, seal
from psychagent.files.write import write_json

DATA: dict[str, Any] = {
    "schema_version": 1,
    "talk": ["I am tired.", "半夜醒来 🙂"],
    "raw": 5.25,
    "none": None,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_json(tmp_path / "session_1.json", DATA)
    return tmp_path / "session_1.json"


def test_a_sealed_file_is_json_whose_last_field_is_left_out_when_it_is_read(path: Path) -> None:
    assert list(json.loads(path.read_text(encoding="utf-8"))) == [*DATA, KEY]
    assert read_json(path) == DATA


def test_any_flipped_bit_is_told_or_has_no_effect(path: Path) -> None:
    whole, told = path.read_bytes(), 0
    for place in range(len(whole) * 8):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            read = read_json(path)
            # a letter of the seal's own name
            assert {name: read.get(name) for name in DATA} == DATA
        except RecordError as error:
            told += str(error).startswith(f"{path}: ")
    assert told > 0.8 * len(whole) * 8


def test_a_change_by_hand_is_told_with_what_to_do(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("tired", "fine"), encoding="utf-8")
    with pytest.raises(RecordError) as caught:
        read_json(path)
    assert str(caught.value) == (
        f"{path}: it was changed after it was written; put it back, or remove the field "
        f"'{KEY}' if the change is meant"
    )
    path.write_text(json.dumps(json.loads(text.replace("tired", "fine"))), encoding="utf-8")
    with pytest.raises(RecordError, match="changed after it was written"):
        read_json(path)
    changed = json.loads(path.read_text(encoding="utf-8"))
    del changed[KEY]
    path.write_text(json.dumps(changed), encoding="utf-8")
    assert read_json(path)["talk"][0] == "I am fine."


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_the_line_ends_and_the_mark_of_another_system_change_nothing(path: Path, ends: str) -> None:
    text = path.read_text(encoding="utf-8").replace("\n", ends)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_json(path) == DATA


@pytest.mark.parametrize("data", [[1, 2], {}, "text", 3])
def test_what_is_no_object_over_several_lines_has_no_seal(tmp_path: Path, data: Any) -> None:
    write_json(tmp_path / "a.json", data)
    assert read_json(tmp_path / "a.json") == data
    assert KEY not in (tmp_path / "a.json").read_text()


def test_a_text_cut_anywhere_is_told(path: Path) -> None:
    whole = path.read_bytes()
    for size in random.Random(1).sample(range(len(whole) - 1), 60):
        path.write_bytes(whole[:size])
        with pytest.raises(RecordError, match=r"session_1\.json: is (truncated|not UTF-8)"):
            read_json(path)


def test_a_sealed_text_is_not_sealed_again() -> None:
    once = seal('{\n  "a": 1\n}\n')
    assert seal(once) == once


@pytest.mark.parametrize("words", [KEY, f"remove the field '{KEY}'", f'he wrote "{KEY}": "{"0" * 64}"'])
def test_a_text_that_names_the_seal_is_none(tmp_path: Path, words: str) -> None:
    data = {"reason": words, "inner": {"last": words}}
    write_json(tmp_path / "a.json", data)
    assert read_json(tmp_path / "a.json") == data
    sealed = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert f'"{KEY}": ' in sealed
    (tmp_path / "a.json").write_text(sealed.replace("inner", "Inner"), encoding="utf-8")
    with pytest.raises(RecordError, match="changed after it was written"):
        read_json(tmp_path / "a.json")
