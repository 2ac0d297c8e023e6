"""A meal is no overdose: what an answer means where the counselor asked about eating or drinking."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import IMMINENT
from psychagent.safety.rules import load_rules

MEALS = {
    Language.ZH: [
        ("它还叫您别吃吗，您上一顿是什么时候吃的，吃了多少？", "昨晚老乡叫我吃拉面，吃了半碗。食堂没去。"),
        ("您上一顿吃了多少？", "吃了半碗。"),
        ("今天吃了什么？", "吃了俩馒头。"),
        ("早饭吃了吗，吃了多少？", "吃了一点。"),
        ("昨天吃了几顿？", "一顿。"),
        ("今天喝了多少水？", "喝了两杯。"),
        ("您今天喝了多少酒？", "喝了半斤。"),
        ("您今晚喝了多少？", "喝了半斤白的。"),
    ],
    Language.EN: [
        ("Did you take anything to eat today?", "Some toast."),
        ("Have you taken any food since yesterday?", "A few bites."),
        ("Did you manage to take any lunch?", "Half a sandwich."),
        ("What did you take for lunch?", "Some soup."),
        ("When did you last eat, and how much did you have?", "Half a bowl of noodles last night."),
    ],
}
DOSES = {
    Language.ZH: [
        ("您吃了多少？", "吃了半瓶。"),
        ("那些药您吃了多少？", "吃了半瓶。"),
        ("您吃了什么？", "吃了安眠药。"),
        ("您今天吃饭了吗，有没有吃那些药？", "吃了。"),
        ("您上一顿吃了多少？", "一口没吃。我把药都吃了。"),
        ("吃了几片？", "吃了。"),
    ],
    Language.EN: [
        ("Have you taken anything?", "Some pills."),
        ("How many did you take?", "Half the box."),
        ("Have you eaten, or have you taken the pills?", "I took them."),
        ("Did you take anything with your dinner?", "All the tablets."),
    ],
}
CASES = [(language, *pair) for language, pairs in MEALS.items() for pair in pairs]
TAKEN = [(language, *pair) for language, pairs in DOSES.items() for pair in pairs]


@pytest.mark.parametrize(("language", "asked", "said"), CASES)
def test_what_was_eaten_or_drunk_is_no_danger(language: Language, asked: str, said: str) -> None:
    heard = load_rules(language).hear(said, asked)
    assert (heard.hard, heard.soft) == (0, 0), heard.patterns


@pytest.mark.parametrize(("language", "asked", "said"), TAKEN)
def test_what_was_taken_is_heard_beside_a_meal_too(language: Language, asked: str, said: str) -> None:
    heard = load_rules(language).hear(said, asked)
    assert max(heard.hard, heard.soft) == IMMINENT
