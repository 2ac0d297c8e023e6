"""Typed replies in an outer object, or with keys that are spelled otherwise, are read as meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from psychagent.domain.base import Modality
from psychagent.errors import MalformedReplyError
from psychagent.nodes.memory.client_file import file_reply
from psychagent.nodes.memory.summary_reply import SummaryReply
from psychagent.nodes.retrieval.query import QueryReply
from psychagent.nodes.safety.classify import RiskReply
from psychagent.replies.as_json import parse_json_reply, read_json
from psychagent.scales.reply import read_group
from psychagent.scales.scale import load_scales
from tests.support.loopback.replies import summary_reply

SCALE = load_scales()["SRS"]
IDS = SCALE.groups[0]


class Part(BaseModel):
    short_name: str = ""


class Shape(BaseModel):
    total_score: int = Field(ge=0, le=10)
    parts: list[Part] = Field(default_factory=list)


@pytest.mark.parametrize(
    "text",
    [
        '{"result": {"total_score": 3}}',
        '{"output": {"total_score": 3}}',
        '{"response": {"result": {"total_score": 3}}}',
        '[{"total_score": 3}]',
        '{"result": [{"total_score": 3}]}',
        '{"thinking": "<b>hm</b>", "result": {"total_score": 3}, "status": "ok"}',
        '{"input": {"text": "so"}, "output": {"total_score": 3}}',
        '{"total_score": {"total_score": 3}}',
        '{"Total_Score": 3}',
        '{"totalScore": 3}',
        '{"total-score": 3}',
        '{"TOTAL SCORE": 3}',
        '{"result": {"TotalScore": 3}}',
        '```json\n{"result": {"Total score": 3}}\n```',
        '{"total_score": 3, "Total-Score": 9}',
        'The shape is {"result": {"total_score": 9}}.\n{"result": {"total_score": 3}}',
        '{"total_score": 3}\nAs in {"example": {"total_score": 9}}.',
    ],
)
def test_a_reply_is_read_as_meant(text: str) -> None:
    assert read_json(text, Shape) == Shape(total_score=3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"result": {"total_score": 3}, "output": {"total_score": 4}}', "none of the fields asked for"),
        ('{"result": [{"total_score": 3}, {"total_score": 4}]}', "none of the fields asked for"),
        (
            '{"Total_Score": 3, "TotalScore": 4}',
            "field total_score is written as Total_Score and as TotalScore",
        ),
        ('{"result": {"points": 3}}', "none of the fields asked for"),
        ('{"result": {"total_score": 11}}', "field total_score: write 10 or less"),
        ('{"result": "total_score"}', "none of the fields asked for"),
        ("{" + '"a": {' * 3000 + "}" * 3001, "not valid JSON (nested too deeply)"),
        ("{" + '"a": {' * 100 + "}" * 101, "none of the fields asked for"),
    ],
)
def test_what_may_mean_either_is_refused(text: str, told: str) -> None:
    with pytest.raises(MalformedReplyError) as caught:
        read_json(text, Shape)
    assert told in str(caught.value)


def test_keys_are_read_as_meant_at_every_depth() -> None:
    found = read_json('{"Total-Score": 1, "Parts": [{"shortName": "a"}, {"Short Name": "b"}]}', Shape)
    assert [part.short_name for part in found.parts] == ["a", "b"]


def camel(value: Any) -> Any:
    """Write every key as programs of another language do."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name.title().replace("_", ""): camel(inner) for name, inner in value.items()}


SUMMARY = summary_reply()
ROWS = dict.fromkeys(IDS) | {IDS[0]: {"for": ["4: I noticed"], "score": 3}}
COUNSELOR = {"client_state": "calm", "response": "Hello."}
ROLES: dict[str, tuple[Any, Any]] = {
    "summary": (SUMMARY, lambda text: read_json(text, SummaryReply)),
    "risk": ({"level": 0, "about": "none", "quote": ""}, lambda text: read_json(text, RiskReply)),
    "query": ({"trigger": "t", "when_to_use": "w"}, lambda text: read_json(text, QueryReply)),
    "client file": ({"main_problem": "sleep"}, lambda text: read_json(text, file_reply(Modality.CBT))),
    "judge": (ROWS, lambda text: read_group(text, SCALE, IDS)),
    "counselor": (COUNSELOR, lambda text: parse_json_reply(text, end_token="</end>")),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("key", ["", "result", "output", "response"])
def test_every_role_is_read_as_meant(role: str, key: str) -> None:
    asked, read = ROLES[role]
    written = {key: camel(asked)} if key else camel(asked)
    assert read(json.dumps(written)) == read(json.dumps(asked))
