"""The counselor's notes on a danger follow what was told and asked: voices, what is left, what is new."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from psychagent.domain.base import Language
from psychagent.domain.memory import Memory
from psychagent.domain.risk.finding import About
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.flows.build import build_deps
from psychagent.nodes.counselor_view import render_moment
from psychagent.nodes.safety.unasked import still_to_ask
from psychagent.skills.shown import risk_families
from tests.support.every import LANGUAGES
from tests.support.fakes import brief_for, case_of
from tests.support.flat import baseline_of, live, runtime_of
from tests.support.memory_parts import summary
from tests.support.moments import closing_note, told_talk
from tests.support.prompt_values import library

EN, ZH = Language.EN, Language.ZH
MOST = 6
DEPS = build_deps(
    baseline_of(provider="offline", max_sessions=4, max_counselor_turns=MOST), runtime_of(), live()
)
HELLO = {EN: "Good to see you.", ZH: "见到您很好。"}
DIE = {EN: "I don't want to be here any more.", ZH: "我不想活了。"}
HEARS = {EN: "There is a voice that tells me to jump.", ZH: "有个声音叫我跳下去。"}
VOICES = {EN: "voices", ZH: "声音"}


def note(
    language: Language,
    *said: str,
    level: int = 1,
    about: About = About.SELF,
    memory: Memory | None = None,
    skills: tuple[str, ...] = (),
    **told: Any,
) -> str:
    brief = brief_for(DEPS, case_of(f"{language.value}01"), session_index=2, memory=memory)
    return render_moment(DEPS, brief, told_talk(*said, **told), skills, level, about)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", [About.SELF, About.OTHERS])
def test_voices_are_spoken_of_where_they_were_told_of_and_only_there(
    language: Language, about: About
) -> None:
    hello, die, hears, voices = HELLO[language], DIE[language], HEARS[language], VOICES[language]
    asks = {EN: "Do you think of dying?", ZH: "您想到过死吗？"}[language]
    for level, times in product((1, 2), range(1, MOST + 3)):
        for more in ((), (asks, "x")):
            rest = ["y", "x"] * times
            plain = note(language, hello, die, *more, *rest, level=level, about=about)
            assert voices not in plain
    shown = [note(language, hello, hears, level=level, about=about) for level in (1, 2)]
    assert [voices in text for text in shown] == [True, True]
    later = note(
        language, hello, hears, *["y", "x"] * (MOST + 1), about=about, risk_level=1, risk_about=about
    )
    assert voices in later, "what was told stays told"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_yes_to_a_question_about_voices_tells_of_them(language: Language) -> None:
    questions = {
        EN: ("Do the voices tell you to hurt yourself?", "Do you hear voices?"),
        ZH: ("那个声音有没有叫您去死？",),
    }[language]
    yes, no = {EN: ("Yes.", "No, no voices."), ZH: ("有。", "没有。")}[language]
    for asks in questions:
        shown = [note(language, HELLO[language], "x", asks, answer, level=2) for answer in (yes, no)]
        assert [VOICES[language] in text for text in shown] == [True, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_voices_on_record_and_those_that_a_model_heard_were_told_of(language: Language) -> None:
    safety = SafetyNote(danger=Danger.VOICED, words=HEARS[language], agreed="a")
    held = Memory(summaries=(summary("s", safety=safety),), risk_level=1, risk_about=About.SELF)
    said = (HELLO[language], DIE[language])
    assert VOICES[language] in note(language, *said, level=2, memory=held)
    case = case_of(f"{language.value}01")
    brief = brief_for(DEPS, case, session_index=2)
    families = risk_families(DEPS.skills(language).stage(case.modality, brief.skill_stage))
    (skill, *_), *_ = [meta.skills for meta in families if meta.voices]
    assert VOICES[language] in note(language, *said, level=2, skills=(skill.id,))


HINTS = {
    EN: ("Have you been thinking of dying, or of hurting yourself?", "No. I have a glass before work now."),
    ZH: ("有一句我都会问：有没有想到死、想伤害自己？", "没有。早上那一杯少不了。"),
}
DRINKS = {EN: "how much they drink, what comes without it", ZH: "喝多少、不喝时怎么样"}
CLOSES = {EN: r"go on closing|begin to close|your last turn", ZH: "收尾|最后一轮"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("spoken", [MOST - 3, MOST - 2, MOST - 1, MOST])
def test_a_hint_of_drink_at_the_end_is_asked_about_and_no_closing_note_stands_beside_it(
    language: Language, spoken: int
) -> None:
    asks, hint = HINTS[language]
    rest = [HELLO[language], "x"] * (spoken - 1)
    heard = DEPS.safety(language).rules.hear(hint, asks)
    text = note(language, *rest, asks, hint, level=max(heard.hard, heard.soft), about=heard.about)
    assert DRINKS[language] in text
    assert not re.search(CLOSES[language], text)


ASKED = {
    EN: {
        ("self", 0): ("Have you ever tried to end your life before?", "Was there an attempt in the past?"),
        ("self", 1): ("Do you drink on those evenings?", "How much alcohol was it?"),
        ("harmed", 0): ("Has it been getting worse lately?", "Does it happen more often now?"),
        ("harmed", 1): ("Has he threatened you?", "Has he said he would kill you?"),
        ("harmed", 2): ("Are there children in the house?", "Who else lives with you?"),
        ("child", 0): ("How often has it happened?", "Was that the first time?"),
        ("child", 1): ("What else has happened when you were at the end of it?",),
        ("child", 2): ("Is she ever left alone?", "Do you leave him on his own then?"),
        ("voices", 0): ("Since when do you hear them?", "When did the voices start?"),
        ("voices", 1): ("What are you going to do about them?", "How do you protect yourself?"),
    },
    ZH: {
        ("self", 0): ("以前有没有试过结束生命？", "您试过没有？"),
        ("self", 1): ("那天喝酒了吗？", "晚上喝不喝酒？"),
        ("harmed", 0): ("是不是越来越厉害了？", "比以前重了吗？"),
        ("harmed", 1): ("他威胁过您吗？", "他说过要杀您吗？"),
        ("harmed", 2): ("家里有没有孩子？", "女儿当时在不在？"),
        ("child", 0): ("这样的事有过几次？", "这是头一回吗？"),
        ("child", 1): ("还发生过什么？",),
        ("child", 2): ("有没有把他一个人留在家里？", "那时候没人看着他吗？"),
        ("voices", 0): ("这声音是从什么时候开始的？", "听见多久了？"),
        ("voices", 1): ("您打算怎么对付他们？",),
    },
}
ELSE = {
    EN: ("How are you?", "What helped a little?", "Have you tried to talk to her?", "You drink tea?"),
    ZH: ("您好吗？", "什么稍微好受点？", "您跟她说过吗？", "喝点水好吗？"),
}


@pytest.mark.parametrize(
    ("language", "kind", "at", "question"),
    [(lang, *key, one) for lang, by in ASKED.items() for key, ones in by.items() for one in ones],
)
def test_what_was_asked_is_not_named_again(language: Language, kind: str, at: int, question: str) -> None:
    about, voices = (About.SELF, True) if kind == "voices" else (About(kind), False)
    at = at + 2 if kind == "voices" else at
    before = left(language, about, voices=voices)
    after = left(language, about, HELLO[language], "x", question, "y", voices=voices)
    assert before[at] not in after
    assert after == [one for one in before if one in after], "the others stay, in their order"
    assert len(after) == len(before) - 1
    # words of the client, and a sentence that asks nothing, ask nothing
    assert left(language, about, HELLO[language], question, voices=voices) == before
    told = question.rstrip("?？") + {EN: ".", ZH: "。"}[language]
    assert left(language, about, told, "x", voices=voices) == before


def left(language: Language, about: About, *said: str, voices: bool) -> list[str]:
    between = {EN: ", ", ZH: "、"}[language]
    return still_to_ask(library(language), told_talk(*said), about=about, voices=voices).split(between)


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_questions_ask_none_of_it(language: Language) -> None:
    for about in (About.SELF, About.CHILD, About.HARMED):
        both = [left(language, about, *said, voices=True) for said in ((), [*ELSE[language]])]
        assert both[0] == both[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_has_a_list_that_of_voices_beside_it_where_they_were_told_of(language: Language) -> None:
    lists = {about: left(language, about, voices=False) for about in About}
    assert lists[About.NONE] == lists[About.OTHERS] == lists[About.SELF]
    assert len({tuple(one) for one in lists.values()}) == 4
    heard_first = (About.HARMED, About.CHILD, About.DRINK)
    for about, without in lists.items():
        more = 0 if about in heard_first else 2
        assert len(left(language, about, voices=True)) == len(without) + more


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("told", [True, False])
def test_where_all_was_asked_the_note_goes_on_to_what_settles_the_night(
    language: Language, *, told: bool
) -> None:
    ask = {EN: "not asked yet", ZH: "没问过"}[language]
    settle = {EN: "settle who is with them", ZH: "就说定今晚谁陪着"}[language]
    given: dict[str, Any] = {"risk_about": "self", "risk_level": 1, "spoken_of": True, "extra_turns": 4}
    for unasked in ("drink", ""):
        text = closing_note(language, 5, **given, told=told, pressed=told, unasked=unasked)
        assert (ask in text) is bool(unasked)
        assert settle in text
        assert "()" not in text
        assert "（）" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_told_for_the_first_time_at_the_end_keeps_goodbye_waiting(language: Language) -> None:
    own = {EN: "Do you think of dying yourself?", ZH: "您自己有没有想过死？"}[language]
    waits, bye = {EN: ("goodbye waits", "say a plain goodbye"), ZH: ("先不收尾", "平实地道别")}[language]
    asked = [own, "x"] * (MOST - 1)
    calm: dict[str, Any] = {"risk_level": 0}
    told: dict[str, Any] = {"risk_level": 1, "risk_about": About.SELF}
    for more in range(3):
        said = (*asked, *["y", "x"] * more)
        new, old = note(language, *said, **calm), note(language, *said, **told)
        assert [(waits in text, bye in text) for text in (new, old)] == [(True, False), (False, True)]
        other = note(language, *said, about=About.OTHERS, **told)
        assert (waits in other, bye in other) == (True, False), "another danger is new, too"
    # in the last turn of all nobody could answer
    assert waits not in note(language, *asked, *["y", "x"] * 6, **calm)
