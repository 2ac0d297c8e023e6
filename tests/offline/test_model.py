"""The offline script: deterministic, honest about itself, brought to an end, and alert to danger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.role import Role
from psychagent.errors import AssetError
from psychagent.llm.prompt import Prompt, system, user
from psychagent.offline.model import OfflineModel
from psychagent.replies.tags import parse_tagged_reply
from tests.support.every import LANGUAGES
from tests.support.offline_courses import (
    bundled_profile,
    lines_of,
    offline,
    offline_course,
    run_offline_course,
    said_by,
)

LINES = {language: lines_of(language) for language in Language}


def name_in(language: Language, number: int = 1) -> str:
    return f"{language.value}{number:02d}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_course_is_played_the_same_way_twice(language: Language) -> None:
    again = run_offline_course(name_in(language), Modality.CBT, offline(language), seed=1, max_sessions=2)
    assert again == offline_course(name_in(language), Modality.CBT, 1, 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_json_form_says_the_same_things(language: Language) -> None:
    as_json = offline(language, reply_format="json")
    sessions = run_offline_course(name_in(language), Modality.CBT, as_json, seed=1, max_sessions=2)
    assert [s.turns[-2].ends_session for s in sessions] == [True, True]
    assert all(t.thoughts for s in sessions for t in s.turns if t.speaker is Speaker.COUNSELOR)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6, 12, 40])
def test_a_session_of_any_length_is_brought_to_an_end(most: int) -> None:
    sessions = run_offline_course(
        "en07", Modality.BT, offline(Language.EN), max_sessions=2, max_counselor_turns=most
    )
    for session in sessions:
        turns = said_by(session, Speaker.COUNSELOR)
        assert min(most, 6) <= len(turns) <= max(min(most, 9), 1)
        assert session.turns[-2].ends_session
        assert session.turns[-1].speaker is Speaker.CLIENT


@pytest.mark.parametrize("most", [5, 6, 7])
def test_a_risk_that_is_voiced_near_the_end_is_still_answered(most: int) -> None:
    lines = LINES[Language.EN]["counselor"]
    sessions = run_offline_course(
        "en07", Modality.BT, offline(Language.EN), max_sessions=4, max_counselor_turns=most
    )
    risk = bundled_profile("en07").disclosure
    assert risk
    assert risk.risk
    at, place = next(
        (s, n) for s in sessions for n, turn in enumerate(s.turns) if risk.risk.statement in turn.text
    )
    following = [turn.text for turn in at.turns[place + 1 :] if turn.speaker is Speaker.COUNSELOR]
    if following[0] == lines["risk_ask"]:
        assert lines["risk_plan"] in following[1]
    else:
        assert following == [lines["risk_last"]]
    later = sessions[at.session_index]
    assert lines["risk_return"] in later.turns[0].text


def call(role: str = "client", **values: Any) -> Prompt:
    text = " ".join(str(value) for value in values.values())
    return Prompt(role=Role(role), messages=(system(f"head {text}"), user("Hello.")), values=values, seed=3)


def model(language: Language = Language.EN) -> OfflineModel:
    return OfflineModel(lines=LINES[language])


def test_a_role_that_the_script_cannot_play_is_refused_by_name() -> None:
    with pytest.raises(AssetError, match="cannot play 'probe'; known: counselor, client"):
        model().invoke([HumanMessage("x")], call=call("probe"))


def test_the_script_says_that_it_is_one() -> None:
    assert model().is_script
    assert model()._llm_type == "offline-script"
    for language in Language:
        assert LINES[language]["notice"]


async def test_streamed_pieces_are_the_whole_reply() -> None:
    prompt = call("counselor", end_token="</end>", session_index=1, max_turns=8, max_sessions=6)
    whole = model().invoke([HumanMessage("x")], call=prompt)
    pieces = [chunk async for chunk in model().astream([HumanMessage("x")], call=prompt)]
    assert "".join(str(chunk.content) for chunk in pieces) == whole.content
    assert len(pieces) > 5
    assert [str(c.content) for c in model().stream([HumanMessage("x")], call=prompt)] == [
        str(c.content) for c in pieces
    ]
    assert parse_tagged_reply(str(whole.content), reasoning="", end_token="</end>").response


def test_tokens_are_counted_by_the_stated_rule() -> None:
    message = model().invoke([HumanMessage("x")], call=call(name="Ada", problem="I cannot sleep."))
    usage = message.usage_metadata
    assert usage
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] == -(-len(str(message.content)) // 4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_in_a_persons_own_words_is_heard(language: Language) -> None:
    said = {
        Language.EN: [
            "I don't want to live like this.",
            "Lately I think I'd be better off dead. I want to die.",
            "Sometimes I hope I don't wake up.",
            "They'd be better off without me.",
            "I’ve been cutting myself again.",
            "There's no point in going on.",
            "I keep thinking about suicide.",
        ],
        Language.ZH: [
            "我不想活了。",
            "有时候觉得活着没意思。",
            "真想一睡不醒过来就好了。",
            "最近又弄伤自己了。",
            "我想过自杀。",
            "没有我会更好吧。",
        ],
    }
    for words in said[language]:
        assert ask_counselor(language, words) == LINES[language]["counselor"]["risk_ask"], words


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_sorrow_is_not_taken_for_a_danger(language: Language) -> None:
    said = {
        Language.EN: [
            "I want to see some point in a Tuesday.",
            "I woke up at four again.",
            "My mother died in March.",
            "I'm tired all day.",
            "I could kill for a coffee.",
        ],
        Language.ZH: ["我凌晨四点就醒了。", "我妈三月份去世了。", "我每天都很累。", "忙死了。"],
    }
    for words in said[language]:
        assert ask_counselor(language, words) != LINES[language]["counselor"]["risk_ask"], words


def ask_counselor(language: Language, words: str) -> str:
    """Say something to the scripted counselor in the middle of a session."""
    prompt = Prompt(
        role=Role.COUNSELOR,
        messages=(
            system("Session 2 of 6, at most 8 turns. </end>"),
            user("[opener]"),
            {"role": "assistant", "content": "Hello."},
            user(words),
        ),
        values={"session_index": 2, "max_sessions": 6, "max_turns": 8, "end_token": "</end>"},
    )
    reply = model(language).invoke([HumanMessage("x")], call=prompt)
    return parse_tagged_reply(str(reply.content), reasoning="", end_token="</end>").response


def test_the_filter_keeps_the_family_on_safety_first() -> None:
    metas = [
        {"id": f"cbt.intervention.{name}", "name": name, "description": "thoughts"}
        for name in ("one", "two", "three", "four", "five", "risk-and-safety")
    ]
    prompt = Prompt(
        role=Role.FILTER, messages=(user(json.dumps(metas) + "thoughts"),), values={"metas": metas}
    )
    chosen = json.loads(str(model().invoke([HumanMessage("x")], call=prompt).content))["meta_skill_ids"]
    assert chosen[0] == "cbt.intervention.risk-and-safety"
    assert len(chosen) == 5
