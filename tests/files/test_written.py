"""A bare number is read as whoever wrote it reads it, or is refused; a text made of one is as written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psychagent.assets.profiles import load_profile
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.domain.base import Record
from psychagent.errors import AssetError
from psychagent.files.parse import parse_yaml
from psychagent.files.read import load_data, load_model


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *(("072", 58), ("0012", 10), ("010", 8), ("-017", -15), ("+01", 1), ("00", 0), ("0_7", 7)),
        *(("12:30:45", 45045), ("10:00", 600), ("1:30", 90), ("-1:30", -90), ("1:30.5", 90.5)),
    ],
)
@pytest.mark.parametrize("place", ["age: {}", "tags: [a, {}]", "a: &b {}\nc: *b"])
def test_a_number_that_yaml_reads_in_base_8_or_60_is_refused(
    tmp_path: Path, written: str, read: float, place: str
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(place.format(written))
    with pytest.raises(AssetError) as caught:
        load_data(path)
    assert str(caught.value) == (
        f"{path}: line 1: {written!r} is read as the number {read}; put it in quotes if it is text, or write "
        "the number in full"
    )
    path.write_text(place.format(f'"{written}"'))
    assert written in str(load_data(path))


class Told(Record):
    """A file with a text that may be written as a number."""

    text: str
    number: float = 0


AS_WRITTEN = ("1.10", "+491701234567", "1_000", "0x1F", "1.0e+3", "-0", ".5", "1.", "72", "0", "1.5", "08")


@pytest.mark.parametrize("written", AS_WRITTEN)
def test_a_text_made_of_a_number_is_as_written(tmp_path: Path, written: str) -> None:
    path = tmp_path / "en01.yaml"
    path.write_text(
        f"user_id: {written}\nbasic_info: {{static_traits: {{name: Ada, age: {written}}}, "
        f"main_problem: {written}}}\ntheory: {{}}\n"
    )
    profile = load_profile(path)
    basic = profile.basic_info
    assert [profile.user_id, basic.static_traits.age, basic.main_problem] == [written] * 3


@pytest.mark.parametrize("written", ["1.10", "1e3", "1.0E+2", "72", "1.5"])
def test_a_number_of_json_is_as_written_too(tmp_path: Path, written: str) -> None:
    path = tmp_path / "en01.json"
    path.write_text(
        f'{{"user_id": "a", "basic_info": {{"static_traits": {{"name": "Ada", "age": {written}}}, '
        f'"main_problem": "b"}}, "theory": {{}}}}'
    )
    assert load_profile(path).basic_info.static_traits.age == written


@pytest.mark.parametrize("written", ["1.10", "+1_000", "0x1F", "-0", ".5"])
def test_a_number_stays_one_where_a_number_is_meant(tmp_path: Path, written: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"text: a\nnumber: {written}\n")
    number = load_model(Told, path).number
    assert type(number) is float
    kept = parse_yaml(f"a: {written}")
    assert kept["a"] == number
    assert json.loads(json.dumps(kept)) == {"a": number}
    body = EndpointSettings(base_url="http://h/v1", extra_body={"mine": kept["a"]})
    assert json.loads(body.model_dump_json())["extra_body"] == {"mine": number}
    path.write_text(f"text: {written}\n")
    with pytest.raises(AssetError, match="field 'text' has"):
        load_model(Told, path)
