"""Texts in the fields of a typed reply: whole characters, no thoughts, and what a model leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from psychagent.domain.base import Modality
from psychagent.domain.client_memory import RecallReply
from psychagent.errors import MalformedReplyError
from psychagent.llm.reply import Reply
from psychagent.nodes.memory.client_file import file_reply
from psychagent.nodes.memory.summary_reply import read_summary
from psychagent.nodes.retrieval.candidates import FilterReply
from psychagent.nodes.retrieval.query import QueryReply
from psychagent.nodes.safety.classify import RiskReply
from psychagent.replies.as_json import parse_json_reply, read_json
from tests.support.loopback.replies import summary_reply

END = "</end>"


def summary(**fields: Any) -> str:
    return json.dumps(summary_reply() | fields)


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\ud83d\\ud83d"])
def test_half_a_character_in_an_escape_becomes_a_whole_one(half: str) -> None:
    marks = "?" * half.count("\\")
    text = json.dumps({"session_summary_abstract": "cut here HALF"})[1:-1].replace("HALF", half)
    whole = summary().removesuffix("}") + f", {text}}}"
    assert read_summary(Reply(content=whole)).session_summary_abstract == f"cut here {marks}"
    assert parse_json_reply(f'{{"response": "hi {half}"}}', end_token=END).response == f"hi {marks}"
    # in a name, too
    assert read_json(f'{{"trigger": "a", "b{half}": "c"}}', QueryReply).trigger == "a"


NULLS = [
    (QueryReply, {"danger": None, "trigger": None, "when_to_use": None, "skill": None}),
    (RecallReply, {"told": None, "said": [None, "a"], "left": None}),
    (RecallReply, {"told": [1.5, 2, None], "said": [3, "a"]}),
    (RecallReply, {"told": [1.5]}),
    (RecallReply, {"told": ["line 3", "١", {"line": 3}, 2]}),
    (RecallReply, {"said": [None, {"text": None}, {"text": ["", "\u200b"]}, "a"]}),
    (file_reply(Modality.CBT), {"topic": None, "theory": {"special_situations": [{"event": None}, {}]}}),
    (RiskReply, {"level": 0, "about": None, "when": None, "quote": None}),
    (FilterReply, {"meta_skill_ids": [None, "a", 7]}),
    (file_reply(Modality.CBT), {"topic": None, "theory": {"core_beliefs": None}}),
]


@pytest.mark.parametrize(("model", "data"), NULLS)
def test_null_and_entries_without_words_are_what_was_left_out(model: Any, data: dict[str, Any]) -> None:
    found = read_json(json.dumps(data), model).model_dump()
    assert found == read_json(json.dumps(_without_nulls(data)), model).model_dump()


def _without_nulls(data: dict[str, Any]) -> dict[str, Any]:
    if "told" in data or "said" in data:
        return {"told": [2] if 2 in (data.get("told") or []) else [], "said": data.get("said", [])[-1:]}
    if "meta_skill_ids" in data:
        return {"meta_skill_ids": ["a"]}
    kept = {name: value for name, value in data.items() if value is not None and name != "theory"}
    return kept or ({"topic": ""} if "topic" in data else {"danger": False})


@pytest.mark.parametrize("field", ["assessment", "client_state", "skill", "strategy", "end"])
def test_null_in_a_counselors_reply_is_what_was_left_out(field: str) -> None:
    found = parse_json_reply(json.dumps({"response": "hi", field: None}), end_token=END)
    assert found == parse_json_reply('{"response": "hi"}', end_token=END)


@pytest.mark.parametrize(
    ("model", "data", "told"),
    [
        (RiskReply, {"level": None}, "field level: write a whole number"),
        (FilterReply, {"meta_skill_ids": [None, 7]}, "field meta_skill_ids"),
        (FilterReply, {"meta_skill_ids": None}, "field meta_skill_ids"),
        (RecallReply, {"said": [{"text": "words"}]}, "field said.0: write text"),
    ],
)
def test_what_is_needed_and_what_holds_words_is_asked_for_again(model: Any, data: Any, told: str) -> None:
    with pytest.raises(MalformedReplyError, match=told):
        read_json(json.dumps(data), model)


THOUGHTS = [
    "<think>SECRET plan</think> said",
    "<think>a<thinking>SECRET</thinking></think>said",
    "SECRET</think>said",
    "<|channel|>analysis<|message|>SECRET<|end|><|channel|>final<|message|>said",
]


@pytest.mark.parametrize("text", THOUGHTS)
def test_thoughts_in_a_text_of_memory_are_cut_before_it_is_stored(text: str) -> None:
    found = read_json(json.dumps({"said": [text], "left": text}), RecallReply)
    assert (found.said, found.left) == (("said",), "said")
    file = read_json(
        json.dumps({"topic": text, "theory": {"core_beliefs": [text]}}), file_reply(Modality.CBT)
    )
    assert "SECRET" not in file.model_dump_json()
    noted = read_summary(Reply(content=summary(session_summary_abstract=text, homework=[text])))
    assert (noted.session_summary_abstract, noted.homework) == ("said", ("said",))


@pytest.mark.parametrize(
    "text", ["<think>SECRET", "said <think>SECRET", "<response>b</response>SECRET</think>"]
)
def test_thoughts_that_cannot_be_parted_from_a_text_of_memory_are_refused(text: str) -> None:
    with pytest.raises(MalformedReplyError) as problem:
        read_json(json.dumps({"left": text}), RecallReply)
    assert "SECRET" not in str(problem.value)


@pytest.mark.parametrize(
    "nothing", ["", " ", "\u200b", "\ufeff", "\u2800\u3164", "<think>x</think>", "\ue000"]
)
def test_a_text_in_which_nothing_can_be_seen_is_empty(nothing: str) -> None:
    with pytest.raises(MalformedReplyError, match="field session_summary_abstract"):
        read_summary(Reply(content=summary(session_summary_abstract=nothing)))
    with pytest.raises(MalformedReplyError, match=r"empty|field response"):
        parse_json_reply(json.dumps({"response": nothing.replace("<think>x</think>", "")}), end_token=END)
    with pytest.raises(MalformedReplyError, match="field meta_skill_ids"):
        read_json(json.dumps({"meta_skill_ids": [nothing]}), FilterReply)
    found = read_json(json.dumps({"said": [nothing, "a"], "left": nothing}), RecallReply)
    assert (found.said, found.left) == (("a",), "")
    noted = read_summary(Reply(content=summary(homework=[nothing, {"task": nothing}, "walk"])))
    assert noted.homework == ("walk",)


def test_words_of_memory_that_only_look_like_marks_are_kept() -> None:
    text = "Assessment: 3 < 5; strategy: [pause]. Analysis of the week.\nResponse: good."
    assert read_json(json.dumps({"left": text}), RecallReply).left == text
