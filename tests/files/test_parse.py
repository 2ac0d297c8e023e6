"""Parsing refuses a repeated key, knows merges from repetitions, and reads as PyYAML does."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.errors import SettingsError
from psychagent.files.parse import RepeatedKeyError, parse_json, parse_yaml
from psychagent.files.read import load_data

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "key 'a' stands twice, again in line 3"),
        ("a:\n  b: 1\n  c: 2\n  b: 1", "key 'b' stands twice, again in line 4"),
        ("- {x: 1, x: 1}", "key 'x' stands twice, again in line 1"),
        ("b: &b {x: 1}\nc: {<<: *b, y: 1, y: 2}", "key 'y' stands twice, again in line 2"),
        ("a: 1\n<<: {x: 1}\n<<: {y: 1}", "key '<<' stands twice, again in line 3"),
        ("a: 1\n'a': 2", "key 'a' stands twice, again in line 2"),
    ],
)
def test_a_repeated_key_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(RepeatedKeyError, match=f"^{said}$"):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{a: {x: 1}, b: {x: 2}}", {"a": {"x": 1}, "b": {"x": 2}}),
        ("1: number\n'1': text", {1: "number", "1": "text"}),
        ("b: &b {x: 1, y: 2}\nc: {<<: *b, x: 3}", {"b": {"x": 1, "y": 2}, "c": {"x": 3, "y": 2}}),
        (
            # the merged mapping is reached through `t` before its own turn
            "q: {b: &b {x: 1}, z: {c: &c {<<: *b, x: 2}}}\nt: {<<: *c, x: 4}",
            {"q": {"b": {"x": 1}, "z": {"c": {"x": 2}}}, "t": {"x": 4}},
        ),
    ],
)
def test_what_only_looks_repeated_is_read(text: str, read: Any) -> None:
    assert parse_yaml(text) == read


def test_the_shipped_files_read_as_with_the_plain_loader() -> None:
    files = [*(ROOT / "configs").rglob("*.yaml"), *(ROOT / "profiles").rglob("en0*.yaml")]
    assert len(files) > 40
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert parse_yaml(text) == yaml.safe_load(text), file


def test_json_with_a_repeated_key_is_refused() -> None:
    assert parse_json('{"a": {"x": 1}, "b": {"x": [1]}}') == {"a": {"x": 1}, "b": {"x": [1]}}
    with pytest.raises(RepeatedKeyError, match="^key 'x' stands twice$"):
        parse_json('{"a": {"x": 1, "x": 2}}')


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("s.yaml", "name: a\nname: b", "s.yaml: key 'name' stands twice, again in line 2; keep one of them"),
        ("s.json", '{"name": 1, "name": 2}', "s.json: key 'name' stands twice; keep one of them"),
    ],
)
def test_the_file_is_named_too(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_data(path, SettingsError)
    assert str(caught.value) == f"{tmp_path}/{said}"


DEEP = 100_000
DEEP_TEXTS = {
    "lists in brackets": "[" * DEEP + "]" * DEEP,
    "mappings in braces": "{a: " * DEEP + "1" + "}" * DEEP,
    "lists in dashes": "- " * DEEP + "a",
    "keys that are keys": "? " * DEEP + "a",
    "open lists": "[" * DEEP,
    "an alias of itself": "a: &a [*a]",
}


@pytest.mark.parametrize("kind", DEEP_TEXTS)
def test_yaml_nested_without_end_is_refused_where_the_c_parser_would_crash(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "deep.yaml"
    path.write_text(DEEP_TEXTS[kind], encoding="utf-8")
    with pytest.raises(SettingsError, match=r"deep\.yaml: not valid yaml \(.*\); mend or remove it"):
        load_data(path, SettingsError)


def test_aliases_that_multiply_are_refused_before_anybody_walks_through_them(tmp_path: Path) -> None:
    rows = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    rows += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise("abcdefghi")]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(SettingsError, match="it holds more than 20,000,000 values"):
        load_data(path, SettingsError)


@pytest.mark.parametrize("depth", [101, 900, 9000])
@pytest.mark.parametrize("ends", [("[", "]"), ('{"a":', "}")])
def test_json_nested_deeper_than_any_file_of_ours_is_refused(depth: int, ends: tuple[str, str]) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_json(ends[0] * depth + "1" + ends[1] * depth)
    assert parse_json(ends[0] * 100 + "1" + ends[1] * 100)


def test_a_plain_value_is_read_as_it_is() -> None:
    assert [parse_yaml("3"), parse_yaml(""), parse_json('"a"'), parse_json("[]")] == [3, None, "a", []]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a: !!bool foo",
            'a: !!int ""',
            'a: !!float ""',
            "a: !!timestamp foo",
            "a: !!int foo",
            "a: !!null x",
        ),
        *(
            "a: !!binary é",
            "a: !!map 1",
            "a: !!python/object:os.system {}",
            "? {a: 1}\n: 2",
            "? [a, {b: 1}]\n: 2",
        ),
        *("a: 2026-99-99", "a: !!set 1", "a: !!omap 1", "a: !!pairs [1]", "a: !!seq x", "a: !!merge x"),
        *("a: " + "1" * 5000, "a: -0x" + "f" * 5000, "a: 0b" + "1" * 20_000, "a: " + "1:" * 3000 + "1"),
        *(
            "a: " + "9" * 400,
            "[1, {b: 0x" + "f" * 400 + "}]",
            "<<: 1",
            "&a [*a]",
            "a: *b",
            "a: 190:20:30.15e9",
        ),
    ],
)
def test_yaml_of_any_tag_and_length_is_read_or_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        value = load_data(path, SettingsError)
    except SettingsError as error:
        told = str(error)
        assert told.startswith(f"{path}: not valid yaml (")
        assert told.endswith("; mend or remove it")
        assert len(told) < 600
        assert "\n" not in told
    else:
        assert len(repr(value)) < 200


@pytest.mark.parametrize("name", ["s.yaml", "s.json"])
def test_a_number_that_no_float_can_hold_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text('{"a": [' + "9" * 320 + "]}", encoding="utf-8")
    with pytest.raises(SettingsError, match="a number of more than 300 digits"):
        load_data(path, SettingsError)
    path.write_text('{"a": [' + "9" * 300 + "]}", encoding="utf-8")
    assert load_data(path, SettingsError) == {"a": [10**300 - 1]}


@pytest.mark.parametrize("before", [0, 1, 29, 30, 31, 299, 300])
def test_a_number_that_is_too_long_is_found_wherever_it_stands(before: int) -> None:
    for sign in ("", "-"):
        with pytest.raises(ValueError, match="a number of more than 300 digits"):
            parse_json(f'{" " * before}{{"a": [1, {sign}{"9" * 301}]}}')


def test_numbers_are_read_by_the_library_itself_unless_one_may_be_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a function of ours for each number made a file of numbers twice as slow to read
    asked: list[object] = []
    loads = json.loads

    def listen(text: str, **how: Any) -> Any:
        asked.append(how["parse_int"])
        return loads(text, **how)

    rows = [{"id": f"WAI_{n}", "score": n % 9, "turns": list(range(n % 40))} for n in range(2000)]
    text = json.dumps(rows)
    monkeypatch.setattr(json, "loads", listen)
    assert parse_json(text) == rows
    assert asked == [None]
