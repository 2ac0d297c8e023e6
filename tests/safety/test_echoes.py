"""A word of the question said back, and then a no, is no yes: "Right now? Nothing, really."."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import IMMINENT
from psychagent.safety.rules import load_rules

PLAN = {
    Language.EN: "Do you have a plan for ending it?",
    Language.ZH: "您有没有想过结束自己的生命，有没有计划？",
}
STRONG = "You think about ending it. Right now, as we sit here, how strong is the pull to actually do it?"
ECHOES = {
    Language.EN: [
        "Right now? Nothing.",
        "Right now? Nothing, really. It's a three o'clock thing, most nights, then it goes off.",
        "Right, so. Nothing planned.",
        "Sure? No, I'm not sure of anything.",
        "Sometimes? No. Never.",
    ],
    Language.ZH: ["现在？没有，白天忙着呢。", "有时候？没有。", "对了，我明天还得上班。"],
}
YES = {
    Language.EN: ["Right.", "Right now, yes.", "Kind of?", "Sometimes. Not now."],
    Language.ZH: ["对，有。"],
}


@pytest.mark.parametrize(("language", "said"), [(of, said) for of, lines in ECHOES.items() for said in lines])
def test_a_question_said_back_is_no_yes(language: Language, said: str) -> None:
    heard = load_rules(language).hear(said, PLAN[language])
    assert heard.hard == 0
    assert heard.soft < IMMINENT


@pytest.mark.parametrize(("language", "said"), [(of, said) for of, lines in YES.items() for said in lines])
def test_a_yes_is_heard_whatever_it_says_back(language: Language, said: str) -> None:
    heard = load_rules(language).hear(said, PLAN[language])
    assert max(heard.hard, heard.soft) == IMMINENT


@pytest.mark.parametrize("said", ["Six, maybe.", "Right now? Two.", "Most nights, a bit."])
def test_how_strong_a_pull_is_asks_for_no_plan(said: str) -> None:
    assert load_rules(Language.EN).hear(said, STRONG).hard < IMMINENT
