"""Which questions of a counselor are about the client's own death, and which only sound so."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, NO_RISK
from psychagent.safety.answer import load_safety

EN, ZH = Language.EN, Language.ZH
YES_NO = {EN: ("Yes.", "No."), ZH: ("有。", "没有。")}

ASKED = [
    (EN, "Some evenings, a wish not to wake up?"),
    (EN, "Is there a wish not to wake up in the morning?"),
    (EN, "Do you ever go to sleep hoping you won't wake up?"),
    (EN, "Do you ever pray that you won't wake up one morning?"),
    (EN, "Have you wished you could go to sleep and never wake?"),
    (EN, "Have you wished to fall asleep and not wake up again?"),
    (EN, "Would it be a relief not to wake up tomorrow?"),
    (EN, "Is there any part of you that wants to die?"),
    (EN, "Is there a part of you that would rather be dead?"),
    (EN, "Do you sometimes wish you weren't alive?"),
    (EN, "Do you wish you didn't exist?"),
    (EN, "Does it ever go as far as not wanting to exist any more?"),
    (EN, "Have you thought the others would be better off if you were gone?"),
    (EN, "Has the idea come that you might do something to yourself?"),
    (ZH, "有没有过不想醒过来的念头？"),
    (ZH, "会不会盼着一觉睡过去，再也不用醒？"),
    (ZH, "有没有希望睡着了就别再醒来？"),
    (ZH, "有过一睡不醒就好了的念头吗？"),
    (ZH, "会不会希望第二天早上不要醒来？"),
    (ZH, "想过闭上眼就不再睁开吗？"),
    (ZH, "有没有觉得自己不在了更好？"),
    (ZH, "是不是觉得，要是自己不在了，大家都轻松？"),
    (ZH, "有没有想过一了百了？"),
    (ZH, "会不会觉得活着还不如死了？"),
    (ZH, "有没有想离开这个世界的念头？"),
    (ZH, "有没有觉得活够了？"),
    (ZH, "有没有不想活在世上的时候？"),
]
NOT_ASKED = [
    (EN, "Did you wake up at night?"),
    (EN, "Do you wake up early?"),
    (EN, "What do you wish for when you wake up?"),
    (EN, "Do you not wake up when the alarm rings?"),
    (EN, "Do you wish you didn't wake up so early?"),
    (EN, "Do you wish you did not wake at four every night?"),
    (EN, "Did you hope that she would not wake up?"),
    (EN, "Do you hope the baby won't wake up before six?"),
    (EN, "Do you lie still so as not to wake him?"),
    (EN, "Would you rather not talk about it?"),
    (EN, "Do you not live with him any more?"),
    (EN, "How is it for you not to be here next week?"),
    (EN, "Would you rather not be at work on Monday?"),
    (EN, "Is there a wish to sleep through the night?"),
    (ZH, "夜里醒过几次？"),
    (ZH, "早上醒得早吗？"),
    (ZH, "您是不是不想醒得那么早？"),
    (ZH, "你是怕吵醒孩子吗？"),
    (ZH, "醒来以后心情怎么样？"),
    (ZH, "早上闹钟响了醒不过来吗？"),
    (ZH, "最近是不是不想活动？"),
    (ZH, "爸爸走了以后，你常想他吗？"),
    (ZH, "妈妈不在了以后，家里谁做饭？"),
    (ZH, "是不是盼着一觉睡到天亮？"),
    (ZH, "你是不是盼着他别那么早醒？"),
    (ZH, "会不会希望孩子睡着了别再醒？"),
    (ZH, "半夜醒了就再也睡不着吗？"),
    (ZH, "手机消失一天，你会着急吗？"),
]
SOUNDS_SO = [(EN, "Did you hope that she would not wake up?"), (ZH, "会不会希望孩子睡着了别再醒？")]
"""Whose yes tells of danger all the same."""


@pytest.mark.parametrize(("language", "question"), ASKED)
def test_a_question_about_the_clients_own_death_has_asked_about_danger_too(
    language: Language, question: str
) -> None:
    rules = load_safety(language).rules
    assert rules.asks_self(question)
    assert rules.asks_about(question)


@pytest.mark.parametrize(("language", "question"), ASKED)
def test_a_yes_to_it_is_heard_and_a_no_is_none(language: Language, question: str) -> None:
    rules, (yes, no) = load_safety(language).rules, YES_NO[language]
    heard, denied = rules.hear(yes, question), rules.hear(no, question)
    assert max(heard.hard, heard.soft) >= CONCERN
    assert max(denied.hard, denied.soft) == NO_RISK, denied


@pytest.mark.parametrize(("language", "question"), NOT_ASKED)
def test_a_question_about_sleep_or_absence_has_asked_nothing(language: Language, question: str) -> None:
    rules = load_safety(language).rules
    assert not rules.asks_self(question)
    assert not rules.asks_about(question)


@pytest.mark.parametrize(("language", "question"), [one for one in NOT_ASKED if one not in SOUNDS_SO])
def test_a_yes_to_such_a_question_is_no_danger(language: Language, question: str) -> None:
    heard = load_safety(language).rules.hear(YES_NO[language][0], question)
    assert max(heard.hard, heard.soft) == NO_RISK, heard
