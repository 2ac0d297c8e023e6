"""Skills reach a turn: families chosen once a session, a query a turn, a search among the candidates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from langgraph.runtime import Runtime
from pydantic import ValidationError

from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.domain.memory import ClientFile, Memory, SessionSummary
from psychagent.domain.profile import Traits
from psychagent.domain.risk.finding import About, RiskFinding
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.skill import MetaSkill, Skill
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import MalformedReplyError, ProviderError, SkillStoreError
from psychagent.llm.fault import Fault
from psychagent.nodes.retrieval.candidates import (
    MOST_FAMILIES,
    choose_candidates,
    filter_prompt,
    filter_shape,
    keep_known,
)
from psychagent.nodes.retrieval.query import QueryReply, find_query, recent_turns
from psychagent.nodes.retrieval.retrieve import retrieve
from psychagent.nodes.state import Brief, SessionState
from psychagent.skills.library import SkillLibrary
from tests.support.every import LANGUAGES
from tests.support.fakes import FAMILIES, Cast, Reply, brief_for, case_of, summed_up
from tests.support.flat import LEXICAL
from tests.support.memory_parts import summary

SAFETY = "cbt.conceptualization.risk-and-safety"
DANGERS = ("home-safety", "others-safety", "child-safety", "voices-safety", "drink-safety")
AT_HAND = (SAFETY, *(f"cbt.conceptualization.{name}" for name in (*DANGERS, "hard-moments")))

FAMILY = FAMILIES["conceptualization"]


def metas(*sizes: int) -> tuple[MetaSkill, ...]:
    """Make families of some sizes."""

    def skill(name: str) -> Skill:
        return Skill(id=name, name=name, description="d", when_to_use="w", trigger="t")

    return tuple(
        MetaSkill(
            id=f"m{row}", name="n", description="d", skills=tuple(skill(f"m{row}.s{n}") for n in range(size))
        )
        for row, size in enumerate(sizes)
    )


def test_ids_that_do_not_exist_are_dropped_and_counted() -> None:
    kept, unknown = keep_known(["m1", "m9", "m0", "m8", "m1"], metas(1, 1, 1))
    assert (kept, unknown) == (frozenset({"m0", "m1"}), 2)


@pytest.mark.parametrize("ids", [[], ["m7"], ["", "x"]])
def test_a_selection_that_is_left_empty_is_malformed(ids: list[str]) -> None:
    with pytest.raises(MalformedReplyError, match="copy ids from the list"):
        keep_known(ids, metas(1, 1))


async def test_the_filter_chooses_the_candidates_of_a_session() -> None:
    cast = Cast({"filter": [json.dumps({"meta_skill_ids": [FAMILY, "cbt.conceptualization.invented"]})]})
    answer = await choose_candidates(cast.deps, brief_for(cast.deps, case_of()))
    assert answer.value
    assert all(skill_id.startswith((f"{FAMILY}.", *AT_HAND)) for skill_id in answer.value)
    assert answer.usage.roles["filter"].dropped == 1
    prompt = cast.asked("filter")[0][-1]["content"]
    assert FAMILY in prompt
    assert "cbt.intervention" not in prompt
    assert not [family for family in AT_HAND if family in prompt], "what is at hand is not to be chosen"
    assert "session 1 of at most 3" in prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_filter_is_told_the_number_that_its_reply_is_held_to(language: Language) -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of(f"{language.value}01"))
    skills = cast.deps.skills(language).stage(brief.case.modality, brief.skill_stage)
    asked = filter_prompt(cast.deps, brief, skills).messages[-1]["content"]
    (most,) = re.findall(r"(?:at most|最多) (\d+)(?:[:]| 类)", asked)
    ids = filter_shape(("a", "b")).schema["properties"]["meta_skill_ids"]
    assert ids["maxItems"] == int(most) == MOST_FAMILIES


async def test_only_an_emptied_selection_is_asked_for_again() -> None:
    replies = [json.dumps({"meta_skill_ids": ["made.up"]}), json.dumps({"meta_skill_ids": [FAMILY]})]
    cast = Cast({"filter": replies}, max_retries=1)
    answer = await choose_candidates(cast.deps, brief_for(cast.deps, case_of()))
    assert answer.usage.roles["filter"].retries == 1
    assert "none of the meta_skill_ids exists" in cast.asked("filter")[1][-1]["content"]


@pytest.mark.parametrize("reply", [json.dumps({"meta_skill_ids": []}), "no object", "[3]"])
async def test_where_no_selection_can_be_read_skills_of_all_families_are_candidates(
    reply: str, caplog: pytest.LogCaptureFixture
) -> None:
    cast = Cast({"filter": [reply] * 4}, max_retries=1)
    brief = brief_for(cast.deps, case_of())
    answer = await choose_candidates(cast.deps, brief)
    again = await choose_candidates(cast.deps, brief)
    families = {skill_id.rpartition(".")[0] for skill_id in answer.value}
    skills = cast.deps.skills(Language.EN).stage(Modality.CBT, Stage.CONCEPTUALIZATION)
    assert families == {meta.id for meta in skills.meta_skills}
    assert again == answer
    assert (answer.usage.roles["filter"].fallbacks, answer.usage.roles["filter"].calls) == (1, 2)
    assert [r.getMessage() for r in caplog.records].count(
        "filter: no usable reply; the session goes on with skills of all families, and so do others that "
        "get none (counted as `fallbacks` in `usage`)"
    ) == 1


async def test_where_no_query_can_be_read_the_words_of_the_client_are_searched_for() -> None:
    cast = Cast({"rewrite": ["nonsense", '{"trigger": {}}']}, query="rewrite", max_retries=1)
    found = await find_query(cast.deps, brief_for(cast.deps, case_of()), TALK)
    assert (found.value.query, found.value.rewrite) == (TALK[-1].text, None)
    assert (found.usage.roles["rewrite"].fallbacks, found.usage.roles["rewrite"].retries) == (1, 1)


@pytest.mark.parametrize("role", ["filter", "rewrite"])
async def test_a_server_that_fails_is_no_reply_that_cannot_be_read(role: str) -> None:
    replies: list[Reply] = [Fault("down", passes=False)]
    cast = Cast({role: replies}, query="rewrite")
    brief = brief_for(cast.deps, case_of())
    with pytest.raises(ProviderError, match="down"):
        await (
            choose_candidates(cast.deps, brief) if role == "filter" else find_query(cast.deps, brief, TALK)
        )


async def find(cast: Cast, turns: list[Turn], **over: Any) -> SessionState:
    brief = replace(brief_for(cast.deps, case_of()), **over)
    runtime: Runtime[Brief] = Runtime(context=brief)
    return await retrieve(cast.deps)({"turns": turns}, runtime)


TALK = [
    Turn(speaker=Speaker.COUNSELOR, text="First question.", thoughts=Thoughts(assessment="SECRET")),
    Turn(speaker=Speaker.CLIENT, text="First answer."),
    Turn(speaker=Speaker.COUNSELOR, text="Second question.", thoughts=Thoughts(strategy="SECRET")),
    Turn(speaker=Speaker.CLIENT, text="Second answer."),
    Turn(speaker=Speaker.COUNSELOR, text="Third question."),
    Turn(speaker=Speaker.CLIENT, text="I could think about what happened before the quarrel."),
]


async def test_the_opening_shows_no_skill_and_asks_no_model() -> None:
    found = (await find(Cast({}, query="rewrite"), []))["retrieved"]
    assert found
    assert (found.skills, found.query) == ((), "")


async def test_an_utterance_query_is_the_clients_words_and_asks_no_model() -> None:
    found = (await find(Cast({}, query="utterance"), TALK))["retrieved"]
    assert found
    assert found.query == TALK[-1].text


async def test_a_rewritten_query_joins_skill_trigger_and_when_to_use() -> None:
    reply = {"trigger": "names a quarrel", "when_to_use": "early on", "skill": "sequence"}
    cast = Cast({"rewrite": [json.dumps(reply)]}, query="rewrite")
    given = await find(cast, TALK)
    found = given["retrieved"]
    assert found
    assert found.query == "sequence names a quarrel early on"
    assert given["usage"].roles["rewrite"].calls == 1


async def test_the_rewrite_sees_the_latest_part_and_the_title_and_no_thoughts() -> None:
    cast = Cast({"rewrite": [json.dumps({"trigger": "t"})]}, query="rewrite")
    before = [Turn(speaker=Speaker.COUNSELOR, text=f"Earlier {number}.") for number in range(8)]
    await find(cast, [*before, *TALK])
    text = "\n".join(m["content"] for m in cast.asked("rewrite")[0])
    assert "First question." in text
    plan = brief_for(cast.deps, case_of()).plan
    assert plan.title in text
    assert not [objective for objective in plan.focus if objective in text], "the agenda would lead"
    assert text.endswith("before the quarrel.\n</dialogue>")
    assert "Earlier" not in text
    assert "SECRET" not in text


@pytest.mark.parametrize(
    ("said", "start"), [(0, 0), (1, 0), (4, 0), (11, 0), (12, 8), (19, 8), (20, 16), (78, 72)]
)
def test_the_rewrites_window_starts_at_a_multiple_of_eight(said: int, start: int) -> None:
    turns = [Turn(speaker=Speaker.CLIENT, text=f"{number}") for number in range(said)]
    assert list(recent_turns(turns)) == turns[start:]


def test_the_rewrites_window_always_holds_the_last_four_and_never_more_than_eleven() -> None:
    turns = [Turn(speaker=Speaker.CLIENT, text=f"{number}") for number in range(100)]
    sizes = {len(recent_turns(turns[:said])) for said in range(4, 100)}
    assert sizes == set(range(4, 12))


NONE_NEEDED = json.dumps({"danger": False, "trigger": "", "when_to_use": "the very start", "skill": ""})


def rewriting(*replies: Mapping[str, object] | str) -> Cast:
    texts = [reply if isinstance(reply, str) else json.dumps(reply) for reply in replies]
    return Cast({"rewrite": texts}, query="rewrite", retrieval=LEXICAL | {"floor": 0.08})


async def test_where_no_move_is_needed_nothing_is_looked_for_and_nothing_shown() -> None:
    found = (await find(rewriting(NONE_NEEDED), TALK, session_index=2))["retrieved"]
    assert found
    assert (found.query, found.skills) == ("", ())
    assert found.rewrite


async def test_a_query_that_fits_nothing_shows_nothing() -> None:
    found = (await find(rewriting({"trigger": "zebra", "skill": "zebra"}), TALK, session_index=2))[
        "retrieved"
    ]
    assert found
    assert found.query == "zebra zebra"
    assert found.skills == ()


async def test_no_skill_for_danger_is_shown_without_danger() -> None:
    reply = {
        "skill": "Ask about suicide directly",
        "trigger": "The client hints at not being around any longer",
    }
    found = (await find(rewriting(reply), TALK, session_index=2))["retrieved"]
    assert found
    assert not [skill_id for skill_id in found.skills if skill_id.startswith(SAFETY)]


@pytest.mark.parametrize("skill", ["Ask about suicide directly", ""])
async def test_danger_that_the_model_hears_brings_its_skills_first_even_if_it_names_no_move(
    skill: str,
) -> None:
    found = (await find(rewriting({"danger": True, "skill": skill}), TALK, session_index=2))["retrieved"]
    assert found
    assert found.skills[0].startswith(SAFETY)
    assert found.skills[1].startswith(SAFETY)
    assert found.rewrite
    assert found.rewrite.danger


async def test_plain_words_of_danger_bring_its_skills_where_no_model_is_asked() -> None:
    said = Turn(speaker=Speaker.CLIENT, text="Some nights I think about suicide.")
    found = (await find(Cast({}, query="utterance"), [*TALK[:-1], said], session_index=2))["retrieved"]
    assert found
    assert [skill_id.startswith(SAFETY) for skill_id in found.skills] == [True, True, False]


async def test_a_first_session_shows_the_plain_question_first_from_its_middle_on() -> None:
    found = (await find(rewriting(NONE_NEEDED), TALK, session_index=1))["retrieved"]
    assert found
    assert found.skills == (f"{SAFETY}.direct-question",)


async def test_a_note_on_safety_brings_the_question_back_in_the_first_half() -> None:
    held = Memory(
        summaries=(SessionSummary.model_validate_json(summed_up("m", "intervention", safety="Died.")),)
    )
    found = (await find(rewriting(NONE_NEEDED), TALK[:2], session_index=2, memory=held))["retrieved"]
    assert found
    assert found.skills == (f"{SAFETY}.direct-question",)


async def test_only_candidates_are_found() -> None:
    brief = brief_for(Cast({}).deps, case_of())
    few = brief.candidates[7:10]
    found = (await find(Cast({}), TALK, candidates=few, session_index=2))["retrieved"]
    assert found
    assert set(found.skills) == set(few)


async def test_without_a_skill_the_session_stops_instead_of_going_on() -> None:
    with pytest.raises(SkillStoreError, match="no skill among the session's candidates"):
        await find(Cast({}), TALK, candidates=("made.up",))


FOUND = {
    "risk": (About.SELF, "I don't want to wake up any more.", "我不想再醒过来了。"),
    "home-safety": (About.HARMED, "He held me by the throat on Sunday.", "星期天他掐住我脖子了。"),
    "others-safety": (About.OTHERS, "I want to hurt him, badly.", "我真想捅了他。"),
    "child-safety": (About.CHILD, "I shook my son until he was quiet.", "我把孩子摇得没声了。"),
    "voices-safety": (About.SELF, "There is a voice that tells me to do it.", "有个声音叫我去死。"),
    "drink-safety": (About.DRINK, "My hands shake until I have had a drink.", "早上不喝手就抖。"),
}


@pytest.mark.parametrize("kind", FOUND)
@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("language", list(Language))
async def test_each_danger_brings_the_skills_for_it_and_no_others(
    kind: str, modality: Modality, language: Language
) -> None:
    about, english, chinese = FOUND[kind]
    cast = Cast({}, query="utterance", language=language, safety={"mode": "act"})
    brief = brief_for(cast.deps, case_of(f"{language.value}01", modality), session_index=2)
    said = Turn(speaker=Speaker.CLIENT, text=english if language is Language.EN else chinese)
    turns = [
        *TALK[:-1],
        said,
        Turn(speaker=Speaker.COUNSELOR, text="?"),
        said.model_copy(update={"text": "."}),
    ]
    findings = [
        RiskFinding(turn=5, level=3, about=about),
        RiskFinding(turn=7, level=2, about=about, carried=True),
    ]
    found = await retrieve(cast.deps)({"turns": turns, "findings": findings}, Runtime(context=brief))
    assert found["retrieved"]
    families = [skill_id.split(".")[2] for skill_id in found["retrieved"].skills]
    own = {"risk-and-safety", "safety-and-staying", "safety"} if kind == "risk" else {kind}
    assert families
    assert set(families) <= own


NUMB = {
    Language.EN: (
        "I feel numb, I look at {} and feel nothing, and thoughts come of dropping {}.",
        "him",
        "the baby",
    ),
    Language.ZH: ("我看着{}一点感觉都没有，有时想丢下{}一走了之。", "他", "宝宝"),
}


@pytest.mark.parametrize("language", list(Language))
async def test_numbness_toward_a_child_is_spoken_of_with_parents_alone(language: Language) -> None:
    words, unnamed, child = NUMB[language]
    cast = Cast({}, query="utterance", language=language, retrieval={"top_k": 10})

    async def shown(who: str, family: str = "") -> bool:
        file = ClientFile(static_traits=Traits(family_status=family))
        brief = brief_for(cast.deps, case_of(f"{language.value}01"), memory=Memory(client_file=file))
        turns = [*TALK[:-1], Turn(speaker=Speaker.CLIENT, text=words.format(who, who))]
        found = (await retrieve(cast.deps)({"turns": turns}, Runtime(context=brief)))["retrieved"]
        assert found
        return any(skill_id.endswith("numb-toward-child") for skill_id in found.skills)

    assert not await shown(unnamed)
    assert await shown(child)
    assert await shown(unnamed, "a son of four months" if language is Language.EN else "儿子四个月")


STILL = {
    Language.EN: ("He is still there. I did as I was told.", "There is a voice, and he tells me not to eat."),
    Language.ZH: ("他还在。我照做了。", "有个声音，他叫我别吃饭。"),
}
VOICES = "voices-safety"


def after(language: Language, *, words: str = "", problem: str = "", level: int = 1) -> Memory:
    """A memory in which a danger to the client itself was open when the last session ended."""
    note = SafetyNote(danger=Danger.VOICED, words=words) if level else SafetyNote()
    held = summary("s", language=language, safety=note)
    file = ClientFile(main_problem=problem)
    return Memory(client_file=file, summaries=(held,), risk_level=level, risk_about=About.SELF)


async def kinds_of(language: Language, memory: Memory, turns: list[Turn], level: int = 1) -> list[str]:
    """List the families of the skills that a turn of a second session shows where the gate acts."""
    cast = Cast({}, query="utterance", language=language, safety={"mode": "act"})
    brief = brief_for(cast.deps, case_of(f"{language.value}01"), session_index=2, memory=memory)
    findings = [RiskFinding(turn=len(turns) - 1, level=level, about=About.SELF)] if level else []
    found = await retrieve(cast.deps)({"turns": turns, "findings": findings}, Runtime(context=brief))
    assert found["retrieved"]
    return [skill_id.split(".")[2] for skill_id in found["retrieved"].skills]


@pytest.mark.parametrize("language", list(Language))
async def test_voices_on_record_bring_their_skills_though_today_nobody_names_them(language: Language) -> None:
    said, recorded = STILL[language]
    turns = [*TALK[:-1], Turn(speaker=Speaker.CLIENT, text=said)]
    for memory in (after(language, words=recorded), after(language, words=said, problem=recorded)):
        assert (await kinds_of(language, memory, turns))[:2] == [VOICES, VOICES]
    # what is settled is no longer called for, and neither is what was never recorded
    settled = after(language, problem=recorded, level=0)
    assert VOICES not in await kinds_of(language, settled, turns, level=1)
    assert VOICES not in await kinds_of(language, after(language, words=said), turns)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("level", [0, 1, 2])
async def test_while_danger_is_open_nothing_is_shown_that_could_wait(language: Language, level: int) -> None:
    said, recorded = STILL[language]
    turns = [*TALK[:-1], Turn(speaker=Speaker.CLIENT, text=said)]
    skills = SkillLibrary(language).stage(Modality.CBT, Stage.CONCEPTUALIZATION)
    allowed = {meta.id.split(".")[2] for meta in skills.meta_skills if meta.risk or meta.beside_danger}
    # at level 0 it is on record, and was not asked about yet
    shown = await kinds_of(language, after(language, words=recorded), turns, level)
    assert shown
    assert set(shown) <= allowed


async def test_once_a_danger_on_record_was_asked_about_and_is_calm_other_skills_come_back() -> None:
    memory = after(Language.EN, words=STILL[Language.EN][1])
    asked = Turn(speaker=Speaker.COUNSELOR, text="Do you think of suicide?")
    turns = [TALK[0], TALK[1], asked, TALK[3], TALK[4], TALK[5]]
    shown = await kinds_of(Language.EN, memory, turns, level=0)
    assert shown
    assert not {"risk-and-safety", *DANGERS} & set(shown)


def test_a_query_that_is_too_long_is_cut_and_ends_no_turn() -> None:
    reply = QueryReply.model_validate({"trigger": "x" * 5000, "skill": "y" * 301, "when_to_use": "z"})
    assert (len(reply.trigger), len(reply.skill), reply.when_to_use) == (300, 300, "z")
    with pytest.raises(ValidationError):
        QueryReply.model_validate({"trigger": 7})
