"""A file that cannot be used is named, with the field, the value seen and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from psychagent.errors import AssetError, SettingsError
from psychagent.files.read import load_data, load_model, read_text


class Inner(BaseModel):
    """A part."""

    model_config = ConfigDict(extra="forbid")

    depth: int = Field(default=1, ge=0)
    api_key_env: str | None = Field(default=None, max_length=3)


class Outer(BaseModel):
    """A whole."""

    model_config = ConfigDict(extra="forbid")

    width: int = 1
    colour: str
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()


def problem(tmp_path: Path, text: str) -> str:
    path = tmp_path / "thing.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_model(Outer, path, SettingsError)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour: red\nwidht: 2", "unknown key 'widht'; did you mean 'width'?"),
        ("colour: red\nshape: 2", "unknown key 'shape'; known: colour, inner, many, width"),
        ("colour: red\ninner: {dpeth: 2}", "unknown key 'inner.dpeth'; did you mean 'depth'?"),
        ("colour: red\nmany: [{depth: 1}, {dpeth: 2}]", "unknown key 'many.1.dpeth'; did you mean 'depth'?"),
        ("colour: red\ndepth: 2", "unknown key 'depth'; it belongs under 'inner' or 'many'"),
        ("colour: red\ninner: {colour: 2}", "unknown key 'inner.colour'; it belongs at the top of the file"),
        ("colour: red\napi_key: x", "unknown key 'api_key'; did you mean 'api_key_env' under"),
        ("width: 2", "field 'colour' is missing; add it"),
        ("colour: red\nwidth: wide", "field 'width' has 'wide': "),
        ("colour: red\ninner: {depth: -1}", "field 'inner.depth' has -1: "),
        ("- a\n- b", "holds a list, not a mapping of keys"),
        ("just words", "holds text, not a mapping of keys"),
        ("", "field 'colour' is missing; add it"),
        ("colour: [", "not valid yaml ("),
        ("colour: red\n\tbad: x", "not valid yaml ("),
    ],
)
def test_an_error_names_the_field_the_value_and_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    assert problem(tmp_path, text).startswith(said)


def test_several_errors_are_counted_and_the_first_three_told(tmp_path: Path) -> None:
    message = problem(tmp_path, "a1: 1\nb1: 1\nc1: 1\nd1: 1")
    assert message.count("unknown key") + message.count("is missing") == 3
    assert message.endswith("(and 2 more)")


def test_a_value_where_a_key_may_stand_is_not_repeated(tmp_path: Path) -> None:
    message = problem(tmp_path, "colour: red\ninner: {api_key_env: very-secret}")
    assert "inner.api_key_env" in message
    assert "secret" not in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="nothing.yaml: no such file; check the name"):
        read_text(tmp_path / "nothing.yaml")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "photo.yaml"
    path.write_bytes(b"\xff\xfe\x00\x81")
    told = r"photo\.yaml: is not UTF-8 text \(byte 0 is 0xff\); save it as UTF-8"
    with pytest.raises(AssetError, match=told):
        read_text(path)


def test_json_is_read_by_its_suffix_and_its_errors_say_so(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.json", tmp_path / "b.json"
    good.write_text('\ufeff{"a": [1, 2]}', encoding="utf-8")
    bad.write_text('{"a": 1', encoding="utf-8")
    assert load_data(good) == {"a": [1, 2]}
    with pytest.raises(AssetError, match=r"b\.json: not valid json"):
        load_data(bad)


def test_yaml_makes_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text("!!python/object/apply:os.getcwd []", encoding="utf-8")
    with pytest.raises(AssetError, match="evil.yaml: not valid yaml"):
        load_data(path)


def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AssetError, match="/dev/zero: is a device, not a plain file"):
        read_text(Path("/dev/zero"))
    with pytest.raises(AssetError, match="pipe: is a pipe, not a plain file"):
        read_text(tmp_path / "pipe")


def test_a_file_too_large_for_its_kind_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.yaml"
    with path.open("wb") as stream:
        stream.truncate(10**10)
    with pytest.raises(AssetError, match=r"weights\.yaml: holds 10,000,000,000 bytes, and a file of this"):
        load_data(path)
