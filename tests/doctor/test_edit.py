"""A settings file is changed in its place: comments, order and quoting stay."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from psychagent.doctor.edit import Edit, edit_yaml, with_value

BLOCK = """\
# mine
world:
  client:            # plays the client
    model: "m"       # its name
    stream: false    # whole
    max_tokens:
machine: {concurrency: 3}   # small
"""

WAYS: dict[str, tuple[str, list[Edit], str]] = {
    "a value": (
        BLOCK,
        [(("world", "client", "stream"), True)],
        BLOCK.replace("stream: false ", "stream: true "),
    ),
    "a new key": (
        BLOCK,
        [(("world", "client", "send_seed"), False)],
        BLOCK.replace('    model: "m"', '    send_seed: false\n    model: "m"'),
    ),
    "braces": (
        "a: {model: m, stream: false} # here\n",
        [(("a", "system_role"), "fold"), (("a", "stream"), True)],
        'a: {system_role: "fold", model: m, stream: true} # here\n',
    ),
    "nothing before": (
        BLOCK,
        [(("world", "client", "max_tokens"), 7)],
        BLOCK.replace("max_tokens:", "max_tokens: 7"),
    ),
    "null": ("a: {b: 1}\n", [(("a", "b"), None)], "a: {b: null}\n"),
    "merged": (
        "base: &b {model: m, x: 1}\na:\n  <<: *b\n  y: 2\n",
        [(("a", "y"), 3)],
        "base: &b {model: m, x: 1}\na:\n  <<: *b\n  y: 3\n",
    ),
    "wide letters": ("a: {n: 名字, x: 1} # 注释\n", [(("a", "x"), 2)], "a: {n: 名字, x: 2} # 注释\n"),
}


def changed(text: str, edits: list[Edit]) -> Any:
    data = yaml.safe_load(text)
    for keys, value in edits:
        data = with_value(data, keys, value)
    return data


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_changed_stays_as_it_was_written(way: str) -> None:
    text, edits, after = WAYS[way]
    assert edit_yaml(text, edits, changed(text, edits)) == (after, True)


@pytest.mark.parametrize(
    "text",
    ["c: &c {model: m, x: 1}\na: *c\n", "a: {model: m, x: 1}\n---\n", "a: &a\n  x: 1\nb: *a\nc:\n  <<: *a\n"],
)
def test_what_an_alias_repeats_is_changed_at_one_place_alone(text: str) -> None:
    try:
        wanted = changed(text, [(("a", "x"), 2)])
    except yaml.YAMLError:
        wanted = {"a": {"model": "m", "x": 2}}
    after, keeps = edit_yaml(text, [(("a", "x"), 2)], wanted)
    assert yaml.safe_load(after) == wanted
    assert not keeps
    assert wanted.get("c", {}).get("x", 1) == 1
