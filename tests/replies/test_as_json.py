"""Typed replies: what is read, what is refused, and what a model is told about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from psychagent.domain.base import Modality
from psychagent.domain.turn import Thoughts
from psychagent.errors import MalformedReplyError
from psychagent.nodes.memory.client_file import file_reply
from psychagent.nodes.memory.summary_reply import LastSummaryReply, SummaryReply, UnplannedSummaryReply
from psychagent.replies.as_json import json_shape, parse_json_reply, read_json, response_format, write_json
from psychagent.replies.reply import CounselorReply
from tests.support.loopback.replies import summary_reply

END = "</end>"


class Part(BaseModel):
    name: str = ""


class Shape(BaseModel):
    score: int = Field(ge=0, le=10)
    parts: list[Part] = Field(default_factory=list)


@pytest.mark.parametrize(
    "text",
    [
        '{"score": 3}',
        '```json\n{"score": 3}\n```',
        'Here it is: {"score": 3} I hope that helps {really}.',
        '<think>maybe {"score": 9}</think>{"score": 3}',
        'maybe {"score": 9}</think>\n{"score": 3}',
        '{"score": 3, "comment": "kindly\nmeant"}',
    ],
    ids=["plain", "fenced", "chatty", "thoughts", "thoughts opened by the template", "raw line break"],
)
def test_json_is_found_in_what_models_put_around_it(text: str) -> None:
    assert read_json(text, Shape) == Shape(score=3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON object"),
        ("three", "no JSON object"),
        ("[3]", "no JSON object"),
        ('{"score": 3', "not valid JSON"),
        ("{'score': 3]", "not valid JSON"),
        ('{"score": "\\ud83d"}', "field score: write a whole number"),
        ('{"parts": ' + "[" * 5000, "not valid JSON"),
        ('{"score": 11}', "field score: write 10 or less"),
        ('{"score": "high"}', "field score"),
        ('{"score": 1, "parts": [{"name": true}]}', "field parts.0.name"),
        ('{"points": 3}', "none of the fields asked for: score, parts"),
        ("{}", "none of the fields asked for"),
        ('<think>so {"score": 3}', "<think> is never closed"),
    ],
)
def test_a_malformed_reply_is_refused_with_a_sentence_that_a_model_can_act_on(text: str, told: str) -> None:
    with pytest.raises(MalformedReplyError) as caught:
        read_json(text, Shape)
    assert told in str(caught.value)


def test_a_client_file_in_another_shape_is_no_empty_client_file() -> None:
    model = file_reply(Modality.CBT)
    with pytest.raises(MalformedReplyError, match="none of the fields"):
        read_json('{"client": {"name": "Sam"}}', model)
    assert read_json('{"main_problem": "sleep"}', model).main_problem == "sleep"


def test_a_summary_with_an_unknown_stage_is_refused() -> None:
    good = summary_reply()
    assert read_json(json.dumps(good), SummaryReply).next_session_plan.title == "Go on"
    good["next_session_plan"]["stage"] = "stage9"
    with pytest.raises(MalformedReplyError, match=r"next_session_plan\.stage"):
        read_json(json.dumps(good), SummaryReply)


def _nodes(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        return [node, *(n for part in node.values() for n in _nodes(part))]
    return [n for part in node for n in _nodes(part)] if isinstance(node, list) else []


@pytest.mark.parametrize(
    "model",
    [Shape, SummaryReply, UnplannedSummaryReply, LastSummaryReply, *(file_reply(m) for m in Modality)],
)
def test_the_shape_that_a_server_holds_bounds_every_string_and_list(model: type[BaseModel]) -> None:
    asked = response_format(json_shape(model), "json_schema")
    assert asked is not None
    nodes = _nodes(asked["json_schema"]["schema"])
    strings = [n for n in nodes if n.get("type") == "string" and "enum" not in n]
    objects = [n for n in nodes if n.get("type") == "object"]
    assert all("maxLength" in n for n in strings)
    assert all("maxItems" in n for n in nodes if n.get("type") == "array")
    assert objects
    assert all(n["additionalProperties"] is False for n in objects)
    assert all(n["required"] == list(n["properties"]) for n in objects)


def test_a_server_is_asked_for_no_shape_where_the_settings_say_so() -> None:
    assert response_format(json_shape(Shape), "none") is None
    assert response_format(json_shape(Shape), "json_object") == {"type": "json_object"}


def test_the_json_form_of_a_reply_is_written_and_read() -> None:
    thoughts = Thoughts(assessment="a", client_state="b", skill=("one", "two"), strategy="c")
    reply = CounselorReply(thoughts=thoughts, response='Say "more".', ends_session=True)
    text = write_json(reply, end_token=END)
    assert parse_json_reply(text, end_token=END) == reply
    assert list(json.loads(text)) == ["assessment", "client_state", "skill", "strategy", "response", "end"]
    assert json.loads(write_json(reply.without_thoughts(), end_token=END)) == {
        "response": 'Say "more".',
        "end": True,
    }


def test_a_json_reply_that_the_form_has_no_room_for_is_not_written() -> None:
    long = CounselorReply(thoughts=Thoughts(), response="x" * 1201, ends_session=False)
    with pytest.raises(MalformedReplyError, match="field response: write at most 1200"):
        write_json(long, end_token=END)


@pytest.mark.parametrize("skills", [[], [""], ["none"], ["None."], ["无"], ["（无）"]])
def test_a_reply_that_names_no_skill_stores_none(skills: list[str]) -> None:
    text = json.dumps({"skill": skills, "response": "Hm."}, ensure_ascii=False)
    assert parse_json_reply(text, end_token=END).thoughts.skill == ()


def test_a_json_reply_without_words_is_refused() -> None:
    with pytest.raises(MalformedReplyError, match='the "response" is empty'):
        parse_json_reply('{"response": "  "}', end_token=END)


@pytest.mark.parametrize(
    "text",
    [
        'The shape is {"score": 9}.\n{"score": 3}',
        '```json\n{"score": 3}\n```\nbecause {"score": 9} would be too high',
        'First ```{"score": 9}``` no, ```json\n{"score": 3}\n```',
        'The shape is {"score": "number"}.\n{"score": 3}',
        '{"score": 3}\nWhere {"points": 1} is no score.',
        '<think>{"score": 9}</think>{"score": 3}<think>{"score": 8}</think>',
        '<reasoning>{"score": 9}</reasoning>{"score": 3}',
        '<|channel|>analysis<|message|>{"score": 9}<|end|><|channel|>final<|message|>{"score": 3}<|return|>',
        '{"score": 3, "comment": "the client wrote <think> and {\\"score\\": 9}"}',
        '{"score": 3, "comment": "</think>"}<|im_end|>',
    ],
)
def test_of_several_objects_the_answer_is_read(text: str) -> None:
    assert read_json(text, Shape) == Shape(score=3)


def test_an_answer_that_breaks_off_is_told_as_that_and_not_as_a_part_of_it() -> None:
    with pytest.raises(MalformedReplyError, match="not valid JSON"):
        read_json('{"parts": [{"name": "a"}, {"name": "b', Shape)
    with pytest.raises(MalformedReplyError, match="not valid JSON"):
        read_json('{"total": {"parts": []}, "score":', SummaryReply)


def test_escapes_in_json_bring_nothing_that_steers_a_terminal() -> None:
    found = read_json('{"score": 1, "parts": [{"name": "a\\u001b]0;t\\u0007b\\u0000"}]}', Shape)
    assert found.parts[0].name == "ab"
