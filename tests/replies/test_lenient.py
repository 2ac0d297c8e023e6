"""A typed reply is read where its meaning is plain: slips of the pen in JSON, values of another kind."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from psychagent.errors import MalformedReplyError
from psychagent.replies.as_json import read_json


class Kind(StrEnum):
    """A choice."""

    SOFT = "soft"
    VERY_HARD = "very_hard"


class Asked(BaseModel):
    """What is asked for."""

    text: str
    names: list[str] = Field(default_factory=list)
    rows: tuple[str, ...] = ()
    kind: Kind = Kind.SOFT
    mode: Literal["Home", "away"] = "away"
    is_on: bool = False


class Only(BaseModel):
    """One field."""

    text: str


READ = {
    "a comma at the end": ('{"text": "a", "names": ["b", ], }', {"text": "a", "names": ["b"]}),
    "a comment behind": ('{"text": "a", // so it is\n "names": []}', {"text": "a"}),
    "a comment before": ('{ // so it is\n "text": "a"}', {"text": "a"}),
    "a comment between": ('{"text": /* { */ "a"}', {"text": "a"}),
    "an address is no comment": ('{"text": "http://a.b", }', {"text": "http://a.b"}),
    "single quotes": ("{'text': 'it\\'s \"so\"', 'names': ['b']}", {"text": 'it\'s "so"', "names": ["b"]}),
    "an apostrophe": ("{'text': 'it's so', 'names': []}", {"text": "it's so"}),
    "a dict of Python's": ("{'text': 'a', 'is_on': True}", {"text": "a", "is_on": True}),
    "mixed": ('{"text": \'a\', "names": ["it\'s"],}', {"text": "a", "names": ["it's"]}),
    "in a fence": ('```json\n{"text": "a",}\n```', {"text": "a"}),
    "behind words": ('Here: {"text": "a",} so.', {"text": "a"}),
    "a string of JSON": (json.dumps('{"text": "a \\"b\\""}'), {"text": 'a "b"'}),
    "a number for a text": ('{"text": 3}', {"text": "3"}),
    "half a number for a text": ('{"text": 2.5}', {"text": "2.5"}),
    "a list of one text for a text": ('{"text": ["a"]}', {"text": "a"}),
    "a text for a list": ('{"text": "a", "names": "b"}', {"text": "a", "names": ["b"]}),
    "a text for a tuple": ('{"text": "a", "rows": "c"}', {"text": "a", "rows": ("c",)}),
    "an empty text for a list": ('{"text": "a", "names": ""}', {"text": "a", "names": []}),
    "a choice in capitals": ('{"text": "a", "kind": "SOFT", "mode": "home"}', {"text": "a", "mode": "Home"}),
    "a choice with a blank": ('{"text": "a", "kind": "Very hard"}', {"text": "a", "kind": Kind.VERY_HARD}),
    "a choice in a list": ('{"text": "a", "kind": ["very-hard"]}', {"text": "a", "kind": Kind.VERY_HARD}),
    "and a null beside": ('{"text": 3, "names": null}', {"text": "3"}),
}


@pytest.mark.parametrize("form", READ)
def test_what_can_mean_one_thing_alone_is_read(form: str) -> None:
    text, meant = READ[form]
    assert read_json(text, Asked) == Asked.model_validate(meant)


@pytest.mark.parametrize(
    "text",
    [
        '{"text": ["a", "b"]}',
        '{"text": {"a": "b"}}',
        '{"text": true}',
        '{"text": "a", "kind": "medium"}',
        '{"text": "a", "names": {"b": 1}}',
        '{"text": "a"',
        '{"text": "a" "names": []}',
        "{'text': 'a', b'}",
        "{text}",
        '{"text": ,}',
    ],
)
def test_what_may_mean_several_things_is_refused(text: str) -> None:
    with pytest.raises(MalformedReplyError):
        read_json(text, Asked)


@pytest.mark.parametrize("unit", ["{'", '{"a', "{'a': ", "{//", "{/*", '{"a": \'', "'", "{'a': 'b' "])
def test_slips_without_end_are_refused_in_time(unit: str) -> None:
    with pytest.raises(MalformedReplyError):
        read_json("{'x': " + (unit * 100_000)[:100_000], Only)
