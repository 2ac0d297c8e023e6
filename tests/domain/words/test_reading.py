"""Why a text is no JSON or YAML is told by the place, in words that no library wrote."""

from __future__ import annotations

import inspect
import json
import json.decoder
import re
from pathlib import Path

import pytest

from psychagent.domain.words.reading import JSON_WORDS, why_no_table, why_not_json
from psychagent.errors import AssetError
from psychagent.files.read import load_data
from tests.support.library_words import faults_of, library_words

JSON = {
    "": "line 1, column 1: a value is missing",
    "[1 2]": "line 1, column 4: a comma is missing",
    '{\n"a" 1}': "line 2, column 5: a colon is missing behind a key",
    "{a: 1}": "line 1, column 2: a key in double quotes is missing",
    "1 2": "line 1, column 3: more stands behind its end",
    '"abc': "line 1, column 1: a text begins that has no end",
    '"a\nb"': "line 1, column 3: a control character or line break stands in a text",
    '"\\x"': "line 1, column 2: a backslash stands before a letter that takes none",
    '"\\u12"': "line 1, column 3: a backslash and u stand without four digits behind them",
    "[" * 9000: "nested",
    "9" * 5000: "a number of more than 300 digits",
}
YAML = {
    "a: [": "line 2, column 1: a value is missing",
    "a: b: c": "line 1, column 5: a colon where none may stand",
    "\tx: 1": "line 1, column 1: a tab",
    "a: @x": "line 1, column 4: a tab, or a sign that needs quotes",
    "a: *x": "line 1, column 4: an alias (*) of something",
    'a: "x': "line 1, column 6: a quote is opened and never closed",
    "a: !!python/x y": "line 1, column 4: a tag that is not known here",
    "? [a]\n: 1": "line 1, column 3: a key that is a list or a mapping",
    "- a\nb: 1": "line 2, column 1: an entry of a list without its dash",
    "---\na\n---\nb": "line 3, column 1: another document begins",
    "a: - b": "line 1, column 4: a dash of a list where none may stand",
    "a: \x00": "a control character stands in it",
    "a: !!bool x": "line 1: 'x' is not true or false; mend it, or put it in quotes",
    "a: !!float x": "line 1: 'x' is not a number; mend it, or put it in quotes",
    "a: 1\nb: 2026-13-45": "line 2: '2026-13-45' is not a date; mend it, or put it in quotes",
    "a: !!int x": "a value is not of the form that its tag",
    "~: 1": "key '~' in line 1 is read as nothing; put it in quotes",
    "a: {no: 1}": "key 'no' in line 1 is read as true or false; put it in quotes",
    "a: 1\ntrue: 1": "key 'true' in line 2 is read as true or false; put it in quotes",
    "2026-01-31: 1": "key '2026-01-31' in line 1 is read as a date; put it in quotes",
    "a: " + "9" * 5000: "a number of more than 300 digits",
    "[" * 9000: "nested deeper than 100 levels",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:20]) for text in JSON])
def test_the_place_at_which_a_text_is_no_json_is_told(tmp_path: Path, text: str) -> None:
    check(tmp_path / "mine.json", text, JSON[text])


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:20]) for text in YAML])
def test_the_place_at_which_a_text_is_no_yaml_is_told(tmp_path: Path, text: str) -> None:
    check(tmp_path / "mine.yaml", text, YAML[text])


def check(path: Path, text: str, said: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssetError) as error:
        load_data(path)
    assert said in str(error.value)
    assert faults_of(str(error.value), str(path)) == []


def test_every_message_of_the_json_library_has_words() -> None:
    source = inspect.getsource(json.decoder)
    messages = re.findall(r'(?:JSONDecodeError\(|msg = )"([^"]+)"', source)
    assert len(messages) > 6
    lacking = [
        m for m in messages if not any(m.replace("\\\\", "\\").startswith(known) for known in JSON_WORDS)
    ]
    assert lacking == []


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[" * 200_000, b"9" * 5000, b"{", b'"\xc3'])
def test_bytes_that_are_no_json_are_told_without_words_of_a_codec(data: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)) as error:
        json.loads(data)
    assert library_words(why_not_json(error.value)) == []


def test_a_table_that_is_none_is_told_in_plain_words() -> None:
    assert why_no_table(ValueError("line contains NUL")) == "it holds a zero byte"
    with pytest.raises(UnicodeDecodeError) as error:
        b"a\xff".decode()
    assert why_no_table(error.value) == "byte 1 is 0xff, which is not UTF-8"
