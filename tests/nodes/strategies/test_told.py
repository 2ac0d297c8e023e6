"""What a system's models are told is true for that system: no plan, skill or note that it does not have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Plan
from psychagent.domain.role import Role
from psychagent.domain.strategy.item import MemoryItem, MemoryStock
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.domain.text.fence import Own
from psychagent.domain.turn import Turn
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.memory.prompt import reflection_prompt
from psychagent.nodes.opening import brief_of, next_plan
from psychagent.nodes.state import Brief, CourseState, OpenSession
from psychagent.replies.as_json import counselor_shape
from tests.support.fakes import Cast, case_of, next_turn
from tests.support.memory_parts import memory

LANGUAGES = list(Language)
PLAN = Plan(stage=Stage.INTERVENTION, title="THE TITLE", focus=("THE AIM",))
TALK = [Turn(speaker=Speaker.COUNSELOR, text="Hello."), Turn(speaker=Speaker.CLIENT, text="Hello, too.")]
PLAIN: Mapping[str, Any] = {"strategy": "plain", "reply_format": "plain", "skills": "off", "planning": "off"}
THERAMIND: Mapping[str, Any] = {
    **{"strategy": "theramind", "reply_format": "plain", "skills": "off", "planning": "therapy"},
    "memory": "recap",
}


def opened(session: int, language: Language, *, of: int = 6, **settings: Any) -> tuple[Cast, Brief]:
    """Open a session of a course with a full memory."""
    cast = Cast({}, language=language, max_sessions=of, **settings)
    held = memory(session - 1, language=language) if session > 1 else Memory()
    item = MemoryItem(id="1.1", text="AN ITEM", session=1, last_used=session)
    stock = MemoryStock(items=(item,), portrait="A PORTRAIT") if session > 1 else MemoryStock()
    state: CourseState = {
        "case": case_of(f"{language.value}01"),
        "memory": held.model_copy(update={"stock": stock}),
        "open": OpenSession(index=session, plan=PLAN),
    }
    return cast, brief_of(cast.deps, state, cast.knobs)


def head_of(cast: Cast, brief: Brief) -> str:
    return counselor_prompt(cast.deps, brief, [], next_turn()).messages[0]["content"]


def summary_of(cast: Cast, brief: Brief) -> str:
    prompt = reflection_prompt(cast.deps, brief, TALK, Role.SUMMARY)
    return "\n".join(message["content"] for message in prompt.messages)


NOT_MET = {Language.EN: "have not met this client before", Language.ZH: "还没见过这位来访者"}
NO_NOTES = {Language.EN: "no notes of your earlier sessions", Language.ZH: "没有留下记录"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("settings", [PLAIN, {}], ids=["plain", "psychagent"])
@pytest.mark.parametrize("session", [1, 3])
def test_without_memory_only_a_first_session_is_called_the_first_meeting(
    language: Language, settings: Mapping[str, Any], session: int
) -> None:
    cast, brief = opened(session, language, **settings, memory="none")
    for text in (head_of(cast, brief), summary_of(cast, brief)):
        assert (NOT_MET[language] in text) == (session == 1)
        assert (NO_NOTES[language] in text) == (session > 1)


SEARCHED = [MemoryKind.RAG, MemoryKind.MEM0, MemoryKind.MEMORYBANK]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", SEARCHED)
def test_nobody_is_told_that_what_is_searched_for_stands_with_each_turn(
    language: Language, kind: MemoryKind
) -> None:
    # an opening has nothing, and whoever writes up the session sees none of it
    wrong = {Language.EN: "each of your turns", Language.ZH: "随每一轮"}[language]
    count = {Language.EN: "in {} earlier session{}", Language.ZH: "已谈过 {} 次{}"}[language]
    for session, plural in ((2, "."), (3, "s.")):
        cast, brief = opened(session, language, **PLAIN, memory=kind)
        said = count.format(session - 1, plural if language is Language.EN else "。")
        for text in (head_of(cast, brief), summary_of(cast, brief)):
            assert wrong not in text
            assert said in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_session_is_not_measured_by_a_plan_or_an_approach_that_it_was_not_told(language: Language) -> None:
    approach = {Language.EN: "Approach:", Language.ZH: "取向："}[language]
    for settings, told in ((PLAIN, False), (THERAMIND, True), ({}, True), ({"planning": "off"}, True)):
        cast, brief = opened(3, language, **settings)
        for text in (head_of(cast, brief), summary_of(cast, brief)):
            assert [part in text for part in ("THE TITLE", "THE AIM", approach)] == [told] * 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("planning", "asked"), [("on", True), ("off", False)])
def test_nobody_is_asked_for_a_plan_that_nobody_follows(
    language: Language, planning: str, asked: bool
) -> None:
    cast, brief = opened(3, language, planning=planning)
    text = summary_of(cast, brief)
    following = {Language.EN: "The next plan", Language.ZH: "下次计划"}[language]
    assert [part in text for part in ("next_session_plan", following)] == [asked, asked]
    assert '"homework"' in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reply_format", ["tags", "json"])
@pytest.mark.parametrize(("use", "named"), [("on", True), ("random", True), ("off", False)])
def test_who_has_no_skills_is_not_asked_which_it_used(
    language: Language, reply_format: str, use: str, named: bool
) -> None:
    cast, brief = opened(1, language, skills=use, reply_format=reply_format)
    form = cast.deps.prompts(language).render(
        f"counselor/{reply_format}", with_skills=named, end_token=Own("</end>")
    )
    assert str(form) in head_of(cast, brief)
    assert ("skill" in str(form)) == named


@pytest.mark.parametrize("with_skills", [True, False])
def test_a_server_holds_the_form_that_the_prompt_asks_for(with_skills: bool) -> None:
    schema = counselor_shape(with_skills=with_skills).schema
    assert ("skill" in schema["properties"]) == with_skills
    assert schema["required"] == list(schema["properties"])
    assert "response" in json.dumps(schema)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("settings", [PLAIN, THERAMIND], ids=["plain", "theramind"])
def test_every_strategy_is_told_which_session_is_the_last(
    language: Language, settings: Mapping[str, Any]
) -> None:
    word = {Language.EN: "the last", Language.ZH: "最后一次"}[language]
    told = []
    for session in (1, 3, 4):
        cast, brief = opened(session, language, of=4, **settings)
        told.append(word in head_of(cast, brief).split("<notes>")[0].replace("client's last", ""))
    assert told == [False, False, True]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("settings", [PLAIN, THERAMIND], ids=["plain", "theramind"])
def test_notes_in_square_brackets_are_explained(language: Language, settings: Mapping[str, Any]) -> None:
    words = {Language.EN: "not said by the client", Language.ZH: "不是来访者说的"}[language]
    assert words in head_of(*opened(1, language, **settings))


def test_a_plan_that_takes_the_place_of_another_follows_the_school_that_was_chosen() -> None:
    cast, brief = opened(2, Language.EN, of=3, **THERAMIND)
    (held,) = brief.memory.summaries
    # a stage that cannot follow, so that the guard puts another plan in its place
    proposed = PLAN.model_copy(update={"stage": Stage.TERMINATION})
    chosen = held.model_copy(update={"next_approach": Modality.PDT, "next_session_plan": proposed})
    memory_then = brief.memory.model_copy(update={"summaries": (chosen,)})
    before = OpenSession(index=1, plan=PLAN.model_copy(update={"stage": Stage.CONCEPTUALIZATION}))
    plan, corrections = next_plan(cast.deps, brief.case, before, memory_then, max_sessions=3)
    assert len(corrections) == 1
    assert plan == cast.deps.prompts(Language.EN).stage_plan(Modality.PDT, plan.stage)
