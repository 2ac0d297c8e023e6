"""The counselor's notes on a danger: from before, from others, on paper, at the end; both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.memory import Memory
from psychagent.domain.risk.finding import About
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.turn import Turn
from psychagent.flows.build import build_deps
from psychagent.flows.session import goes_on
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.counselor_view import render_moment
from psychagent.nodes.safety.unasked import still_to_ask
from psychagent.safety.rules import load_rules
from tests.support.budgets import COUNSELOR_HEAD_WITH_MEMORY, DANGER_ON_RECORD
from tests.support.every import LANGUAGES
from tests.support.fakes import brief_for, case_of, next_turn
from tests.support.flat import baseline_of, live, runtime_of
from tests.support.memory_parts import memory as memory_of
from tests.support.memory_parts import summary
from tests.support.moments import closing_note, told_talk
from tests.support.prompt_values import library

EN, ZH = Language.EN, Language.ZH
MOST = 6
DEPS = build_deps(
    baseline_of(provider="offline", max_sessions=4, max_counselor_turns=MOST), runtime_of(), live()
)
ON_RECORD = SafetyNote(danger=Danger.VOICED, words="w", agreed="a")
HELLO = {EN: "Good to see you again.", ZH: "又见面了。"}
ASKS = {EN: "How have those thoughts been since we met?", ZH: "上次说的那些念头，这几天怎么样了？"}
FINE = {EN: "Fine, I guess.", ZH: "还那样。"}
OWN = {EN: "Do you think of dying yourself?", ZH: "您自己有没有想过死？"}


def note(
    language: Language,
    turns: Sequence[Turn],
    *,
    level: int | None = 0,
    about: About = About.NONE,
    index: int = 2,
    memory: Memory | None = None,
) -> str:
    """Render the notes on a turn as the node does."""
    brief = brief_for(DEPS, case_of(f"{language.value}01"), session_index=index, memory=memory)
    return render_moment(DEPS, brief, turns, (), level, about)


def held(level: int, safety: SafetyNote | None = None) -> Memory:
    last = summary("s", safety=safety or SafetyNote())
    return Memory(summaries=(last,), risk_level=level, risk_about=About.SELF if level else About.NONE)


UNASKED = {EN: "if you have not asked plainly today", ZH: "今天还没直接问过"}
DODGED = {EN: "ask once more, more plainly", ZH: "把话挑明，再问一次"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("memory", [held(1), held(0, ON_RECORD)], ids=["carried", "on record"])
def test_a_calm_answer_does_not_end_a_danger_from_before(language: Language, memory: Memory) -> None:
    hello, asks, fine = HELLO[language], ASKS[language], FINE[language]
    courses = [told_talk(hello, fine), told_talk(asks, fine), told_talk(hello, fine, asks, fine)]
    settled = told_talk(hello, fine, asks, fine, asks, fine)
    shown = [note(language, turns, memory=memory) for turns in (*courses, settled)]
    assert [UNASKED[language] in text for text in shown] == [True, False, False, False]
    assert [DODGED[language] in text for text in shown] == [False, True, True, False]
    # without a danger from before, or where the gate only watches, nothing is said
    for text in (
        note(language, courses[0], memory=held(0)),
        note(language, courses[0], level=None, memory=memory),
    ):
        assert UNASKED[language] not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [0, 1])
def test_a_level_that_only_fell_is_not_said_to_lie_in_the_last_words(language: Language, level: int) -> None:
    text = note(language, told_talk(HELLO[language], FINE[language]), level=level, memory=held(2))
    assert UNASKED[language] in text
    assert {EN: "last words may mean", ZH: "刚才的话里可能"}[language] not in text


@pytest.mark.parametrize(
    ("language", "words", "again"),
    [
        (EN, "How are those thoughts today?", True),
        (EN, "Are the pills still in your drawer?", True),
        (EN, "How are the nights with that?", True),
        (EN, "How was the exam?", False),
        (ZH, "念头怎么样了？", True),
        (ZH, "那些念头还在吗？", True),
        (ZH, "上回说的那些东西，还留着吗？", True),
        (ZH, "考试怎么样？", False),
    ],
)
def test_where_danger_is_on_record_fewer_words_ask_about_it(
    language: Language, words: str, again: bool
) -> None:
    rules = load_rules(language)
    assert rules.asks_again(words) is again
    # else "those thoughts" may be any
    assert not rules.asks_about(words)


@pytest.mark.parametrize("words", ["您说不活了，是想死吗？", "还想死吗？", "说到不活了，现在呢？"])
def test_a_plain_question_about_dying_is_heard_in_chinese(words: str) -> None:
    assert load_rules(ZH).asks_about(words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", [about for about in About if about not in (About.NONE, About.SELF)])
def test_own_death_is_asked_about_before_goodbye_where_others_are_the_danger(
    language: Language, about: About
) -> None:
    wanted = {EN: "it was not asked today", ZH: "今天还没问过"}[language]
    plain = {EN: "Does he hit you?", ZH: "他打您吗？"}[language]
    early, late = told_talk(HELLO[language], "x"), told_talk(HELLO[language], "x", plain, "x", plain, "x")
    asked = told_talk(HELLO[language], "x", plain, "x", OWN[language], "x")
    shown = [note(language, turns, level=1, about=about) for turns in (early, late, asked)]
    assert [wanted in text for text in shown] == [False, True, False]
    # it stays due when the danger was told of before and the last words are calm
    calm = told_talk(HELLO[language], "x", plain, "x", plain, "x", risk_level=2, risk_about=about)
    assert wanted in note(language, calm)
    assert wanted not in note(language, late, level=1, about=About.SELF)
    assert wanted not in note(language, told_talk(*["x"] * 18), level=1, about=about), (
        "nobody could answer any more"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_written_down_where_it_could_be_found(language: Language) -> None:
    hides = {EN: "ask where it could be kept safely", ZH: "先问放在哪儿不会被翻到"}[language]
    turns = told_talk(HELLO[language], "x")
    kinds = (About.HARMED, About.SELF, About.OTHERS)
    for level in (1, 2):
        shown = [hides in note(language, turns, level=level, about=about) for about in kinds]
        assert shown == [True, False, False]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", ["bt", "cbt"])
def test_a_written_plan_asks_first_where_it_is_kept(language: Language, modality: str) -> None:
    skills = DEPS.skills(language).stage(Modality(modality), Stage.CONCEPTUALIZATION)
    written = [skill for skill in skills.skills() if ".risk-and-safety.written-safety" in skill.id]
    kept = {EN: "first ask where it could be kept", ZH: "先问放哪儿稳妥"}[language]
    assert [kept in (skill.caution or "") for skill in written] == [True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_is_spoken_of_where_the_client_speaks_of_it(language: Language) -> None:
    text = note(language, told_talk(HELLO[language], "x"), level=2, about=About.SELF)
    assert {EN: "nor mention it unless they speak of it", ZH: "对方不提，也不必提起"}[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", list(Modality))
def test_a_last_meeting_puts_danger_on_record_before_the_approachs_ending(
    language: Language, modality: Modality
) -> None:
    first = {EN: "come before whatever ending the approach has", ZH: "再谈这一疗法怎么收尾"}[language]

    def head(memory: Memory, index: int) -> str:
        case = case_of(f"{language.value}01", modality)
        brief = brief_for(DEPS, case, session_index=index, memory=memory)
        return counselor_prompt(DEPS, brief, [], next_turn()).messages[0]["content"]

    cases = [(held(0, ON_RECORD), 4), (held(0, ON_RECORD), 3), (held(0), 4)]
    assert [first in head(*case) for case in cases] == [True, False, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_regular_turn_knows_of_the_turns_that_danger_adds(language: Language) -> None:
    turns = told_talk(*[HELLO[language], "x"] * (MOST - 1))
    more = {EN: "more follow while danger is open", ZH: "还可以再谈 6 轮"}[language]
    shown = {level: note(language, turns, level=level, about=About.SELF) for level in range(4)}
    assert [more in text for text in shown.values()] == [False, True, True, True]
    last = {EN: "This is your last turn", ZH: "这是你的最后一轮"}[language]
    assert [last in text for text in shown.values()] == [True, False, False, False]
    assert more in note(language, turns[:-2], level=2, about=About.SELF), "none need be rationed"
    assert more in note(language, turns[:2], level=1, about=About.SELF), "from the first word of it"
    assert more not in note(language, turns[:2], level=0)
    # where words no longer tell of danger the last turn is the last, and is not called one of more
    calm = note(language, turns, level=0, memory=held(2))
    assert last in calm
    assert more not in calm
    assert more in note(language, turns[:-2], level=0, memory=held(2)), "what was open may yet keep it open"
    # what was asked about is settled, then said goodbye to; what is new is asked about
    settle, new = {
        EN: ("settles nothing by itself", "The last words may mean danger"),
        ZH: ("先前的还没着落", "刚才的话里可能有危险"),
    }[language]
    asked = told_talk(*[OWN[language], "x"] * (MOST - 1), risk_level=1, risk_about=About.SELF)
    for spoken, there, absent in ((asked, settle, new), (turns, new, settle)):
        text = note(language, spoken, level=1, about=About.SELF)
        assert there in text
        assert absent not in text


@pytest.mark.parametrize(
    ("level", "ends", "stays"), [(1, False, True), (1, True, False), (0, False, False), (None, False, False)]
)
def test_at_the_limit_a_session_stays_open_until_danger_was_said_goodbye_to(
    level: int | None, ends: bool, stays: bool
) -> None:
    turns = told_talk(*["x"] * (2 * MOST), risk_level=level, ends_session=ends)
    assert goes_on(turns, 0, most=MOST, extra=4) is stays
    assert not goes_on(turns, 0, most=MOST, extra=0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_on_danger_reads_as_one_note_a_line(language: Language) -> None:
    grid = product(range(MOST + 4), range(4), About, (held(2), held(0)), (2, 4))
    for said, level, about, memory, index in grid:
        talked = told_talk(*["x"] * (2 * said))
        text = note(language, talked, level=level, about=about, memory=memory, index=index)
        lines = [line for line in text.splitlines() if line]
        assert all(line.startswith("[") and line.endswith("]") for line in lines), text
        assert "  " not in text


def step_note(language: Language, left: int, about: str, **over: Any) -> str:
    return closing_note(language, left, risk_about=about, **{"extra_turns": 4} | over)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dodge_is_asked_about_once_more_although_time_is_up(language: Language) -> None:
    no, settles = {
        EN: ("If they said no to the danger itself", "settles nothing by itself"),
        ZH: ("对方若说没有这种危险", "先前的还没着落"),
    }[language]
    for pressed, told in ((False, False), (True, False), (False, True)):
        text = step_note(language, 1, "child", risk_level=1, spoken_of=True, pressed=pressed, told=told)
        assert (no in text) is not (pressed or told)
        assert (settles in text) is (pressed or told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_own_death_has_the_last_turn_that_can_be_answered(language: Language) -> None:
    late, early = {
        EN: ("ask in this turn whether they think of dying", "Once the most pressing is said"),
        ZH: ("这一轮就问本人有没有想到死", "等最要紧的说完"),
    }[language]
    shown = {
        left: step_note(language, left, "child", risk_level=2, own_unasked=True) for left in (1, -1, -2, -3)
    }
    assert [late in text for text in shown.values()] == [False, False, True, False]
    assert [early in text for text in shown.values()] == [True, True, False, False]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("own", [False, True])
def test_where_things_are_searched_is_said_until_goodbye(language: Language, own: bool) -> None:
    kept = {EN: "Phone and things may be searched", ZH: "手机、东西可能被翻看"}[language]
    shown = [
        kept in step_note(language, left, "harmed", risk_level=1, spoken_of=True, own_unasked=own)
        for left in (5, 1, 0, -2)
    ]
    assert shown == [True] * 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_fixed_words_the_counselor_may_take_them_back(language: Language) -> None:
    taken_back = {EN: "take it back", ZH: "认下、收回"}[language]
    turns = told_talk(HELLO[language], "x", OWN[language], "x")
    spoken = [t.model_copy(update={"by_gate": True}) if t.text == OWN[language] else t for t in turns]
    shown = [note(language, said, level=2, about=About.SELF) for said in (turns, spoken)]
    assert [taken_back in text for text in shown] == [False, True]


HIS_CHILD = {
    EN: ("how often it happened and what else", "besides them", "Phone and things", "where they could go"),
    ZH: ("有过几次、还发生过什么", "除了本人还有谁", "手机", "能去哪儿"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_may_hurt_a_child_is_asked_after_the_child_and_not_spoken_to_as_a_victim(
    language: Language,
) -> None:
    often, besides, searched, go = HIS_CHILD[language]
    text = step_note(language, 5, "child", risk_level=2)
    assert [words in text for words in (often, besides, searched, go)] == [True, True, False, False]
    for level, left in product((1, 2), (5, 1, 0, -3)):
        text = step_note(language, left, "child", risk_level=level, spoken_of=True)
        assert not [words for words in (searched, go) if words in text]
    assert searched in step_note(language, 5, "harmed", risk_level=2)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", ["self", "others", "harmed", "child", "drink"])
def test_what_was_not_agreed_gets_a_fallback_before_goodbye(language: Language, about: str) -> None:
    instead = {EN: "what to do instead", ZH: "换成什么"}[language]
    eased = {EN: "has eased", ZH: "已经缓和"}[language]
    call = {EN: "emergency services", ZH: "急救电话"}[language]
    for left in (0, -3):
        text = step_note(language, left, about, risk_level=1, spoken_of=True)
        assert instead in text
        assert call in text
        assert eased not in text
    doctor = {EN: "the child's doctor", ZH: "带孩子去看医生"}[language]
    assert (doctor in text) is (about == "child")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_who_drinks_daily_is_told_to_stop_and_the_car_is_spoken_of(language: Language) -> None:
    wanted = {
        EN: ("No stopping at once or alone", "who else drives and keeps the keys", "calls for a fit"),
        ZH: ("别突然停、别一个人停", "车谁开、钥匙归谁", "有事谁来打电话"),
    }[language]
    for level, left in ((2, 5), (1, 0)):
        text = step_note(language, left, "drink", risk_level=level, spoken_of=True)
        assert [words in text for words in wanted] == [True] * 3
    settled = step_note(language, 0, "drink", risk_level=1, spoken_of=True)
    instead = {
        EN: ("no more than now", "until a doctor has seen them", "head still clear"),
        ZH: ("也别再加", "看过医生之前家里谁陪着", "人还清醒就打急救电话"),
    }[language]
    assert [words in settled for words in instead] == [True] * 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_new_is_asked_about_before_goodbye_while_turns_are_left(language: Language) -> None:
    new = {EN: "have just said for the first time", ZH: "刚说出一件新的"}[language]
    shown = [step_note(language, left, "self", risk_level=1, spoken_of=True) for left in (1, 0, -2, -3)]
    assert [new in text for text in shown] == [True, True, True, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_a_low_level_one_thing_that_is_still_unasked_is_named(language: Language) -> None:
    unasked = {
        "self": {
            EN: "(earlier attempts, drink)",
            ZH: "（以前有没有试过、喝没喝酒）",
        },
        "child": {EN: "how often it happened", ZH: "有过几次"},
        "harmed": {EN: "whether it gets worse", ZH: "是不是越来越重"},
        "drink": {EN: "what comes without it", ZH: "不喝时怎么样"},
    }
    one = {EN: "ask one thing that was not asked yet", ZH: "问一样还没问过的"}[language]
    for about, words in unasked.items():
        for told in (True, False):
            left = still_to_ask(library(language), (), about=About(about), voices=False)
            text = step_note(language, 5, about, risk_level=1, spoken_of=True, told=told, unasked=left)
            assert one in text
            assert words[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_said_yes_is_not_told_what_holds_for_a_no(language: Language) -> None:
    no, yes = {EN: ("If they said no", "If they said yes"), ZH: ("对方若说没有", "若说有，")}[language]
    shown = [
        step_note(language, 5, "self", risk_level=1, spoken_of=True, pressed=False, told=told)
        for told in (True, False)
    ]
    assert [(no in text, yes in text) for text in shown] == [(False, False), (True, True)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_that_was_high_or_is_on_record_was_told_of(language: Language) -> None:
    no = {EN: "If they said no", ZH: "对方若说没有"}[language]
    asked = told_talk(HELLO[language], "x", OWN[language], "x", "y", "x", "y", "x")
    high = [t.model_copy(update={"risk_level": 2}) if t.text == "y" else t for t in asked]
    denied = held(0, SafetyNote(danger=Danger.DENIED, agreed="a"))
    about = About.SELF
    assert no in note(language, asked, level=1, about=about)
    assert no in note(language, asked, level=1, about=about, memory=denied)
    assert no not in note(language, high, level=1, about=about)
    assert no not in note(language, asked, level=1, about=about, memory=held(0, ON_RECORD))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_turn_holds_one_note_that_asks(language: Language) -> None:
    grid = product(range(MOST + 4), range(4), About, (held(2), held(0, ON_RECORD), held(0)), (1, 2, 4))
    kept = {EN: "[Phone and things may be searched", ZH: "[手机、东西可能被翻看"}[language]
    due = {EN: "[safety not yet asked", ZH: "[还没问过安全"}[language]
    for said, level, about, memory, index in grid:
        turns = told_talk(*["x"] * (2 * said))
        shown = note(language, turns, level=level, about=about, memory=memory, index=index).splitlines()
        asking = [line for line in shown[1:] if line and not line.startswith((kept, due))]
        assert len(asking) <= 1, shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_goodbye_in_danger_sets_no_task_of_the_approach(language: Language) -> None:
    waived = {EN: "no task, no praise, no summary", ZH: "不留任务，不夸，不小结"}
    for level, left in ((1, 0), (0, 0), (1, -3), (2, -3)):
        assert waived[language] in step_note(language, left, "self", risk_level=level, spoken_of=True)


def head_of(language: Language, memory: Memory, index: int, modality: Modality = Modality.CBT) -> str:
    """Render the counselor's head of a session of a consolidation."""
    brief = brief_for(DEPS, case_of(f"{language.value}01", modality), session_index=index, memory=memory)
    planned = replace(brief, plan=brief.plan.model_copy(update={"stage": Stage.CONSOLIDATION}))
    return counselor_prompt(DEPS, planned, [], next_turn()).messages[0]["content"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_on_record_makes_plan_and_approach_wait_and_is_no_setback_to_practice_on(
    language: Language,
) -> None:
    waits, practice = {
        EN: ("what plan and approach say of setbacks", "a setback is practice"),
        ZH: ("计划和取向里", "当练习"),
    }[language]
    for index in (2, 4):
        shown = [head_of(language, memory, index) for memory in (held(0, ON_RECORD), held(0))]
        # a last meeting has a sentence of its own on what comes first
        assert [waits in head for head in shown] == [index == 2, False]
        assert [practice in head for head in shown] == [False, True]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", list(Modality))
def test_a_head_with_danger_on_record_keeps_the_budget_of_a_full_memory(
    language: Language, modality: Modality
) -> None:
    full = memory_of(20, language=language, size=1400)
    last = full.summaries[-1].model_copy(update={"safety": ON_RECORD})
    full = full.model_copy(update={"summaries": (*full.summaries[:-1], last)})
    sizes = [estimate_tokens(head_of(language, full, index, modality)) for index in (3, 4)]
    assert sizes[0] <= COUNSELOR_HEAD_WITH_MEMORY
    assert sizes[1] <= COUNSELOR_HEAD_WITH_MEMORY + DANGER_ON_RECORD


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_comes_before_the_approach(language: Language) -> None:
    words = {EN: "Danger comes before plan, approach", ZH: "危险先于计划、取向"}[language]
    assert words in head_of(language, Memory(), 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_on_record_that_was_taken_up_is_not_asked_about_as_if_it_were_new(
    language: Language,
) -> None:
    may_mean = {EN: "may mean danger", ZH: "刚才的话里可能"}[language]
    asks, fine = ASKS[language], FINE[language]
    turns = told_talk(asks, fine, {EN: "And the nights with that?", ZH: "夜里呢，那些念头？"}[language], fine)
    shown = [note(language, turns, level=1, about=About.SELF, memory=one) for one in (held(1), held(0))]
    assert [may_mean in text for text in shown] == [False, True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_that_gives_way_to_another_comes_back_before_goodbye(language: Language) -> None:
    kept = {EN: "Told of earlier, and not over: being hurt", ZH: "之前还说到有人在伤害对方"}[language]
    plain = {EN: "Does he hit you?", ZH: "他打您吗？"}[language]
    hurt = told_talk(HELLO[language], "x", plain, "x", risk_level=2, risk_about=About.HARMED)
    assert kept in note(language, hurt, level=2, about=About.SELF)
    for told in (About.HARMED, About.NONE):
        assert kept not in note(language, hurt, level=2, about=told), "the notes speak of it anyway"
    assert kept not in note(language, told_talk(HELLO[language], "x"), level=2, about=About.SELF)
    # from the session before, too, as long as it was open then
    before = Memory(summaries=(summary("s"),), risk_level=2, risk_about=About.HARMED)
    text = note(language, told_talk(HELLO[language], "x"), level=2, about=About.SELF, memory=before)
    assert kept in text
    searched = {EN: "[Phone and things may be searched", ZH: "[手机、东西可能被翻看"}[language]
    assert searched in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_next_session_first_asks_what_became_of_what_was_agreed(language: Language) -> None:
    wanted = {EN: "what became of what was agreed", ZH: "说好的事后来如何"}[language]
    assert wanted in note(language, (), level=1, memory=held(1, ON_RECORD))
    answered = told_talk(ASKS[language], FINE[language])
    assert wanted in note(language, answered, memory=held(0, ON_RECORD))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_counselor_may_name_the_numbers_of_the_place_and_no_others(language: Language) -> None:
    brief = brief_for(DEPS, case_of(f"{language.value}01"), session_index=2, region="GB")
    turns = told_talk(HELLO[language], "x")
    text = render_moment(DEPS, brief, turns, (), 2, About.SELF)
    assert "999" in text
    assert "116 123" in text
    assert "0808" not in text, "lines of another kind"
    assert "999" not in render_moment(DEPS, brief, turns, (), None, About.NONE), "it only watches"
    assert "999" not in note(language, turns, level=2, about=About.SELF), "where they live is not known"


@pytest.mark.parametrize("language", LANGUAGES)
def test_thoughts_that_pass_ask_for_signs_and_people_not_for_a_watch(language: Language) -> None:
    signs = {EN: "by what signs they notice", ZH: "怎样看出又重了"}[language]
    watch = {EN: "who is with them tonight and keeps", ZH: "今晚谁陪着、要用的东西"}[language]
    turns = told_talk(HELLO[language], "x", OWN[language], "x", OWN[language], "x")
    passing = note(language, turns, level=1, about=About.SELF, index=1)
    assert (signs in passing, watch in passing) == (True, False)
    was_high = [
        turn.model_copy(update={"risk_level": 2}) if turn.by_gate is False else turn for turn in turns
    ]
    high = note(language, was_high, level=1, about=About.SELF, index=1)
    assert (signs in high, watch in high) == (False, True)
