"""Danger said outright is never missed: it is found at its level by rules that act alone, without a model."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import HIGH, IMMINENT
from psychagent.safety.rules import load_rules

IMMINENT_WORDS = {
    Language.EN: (
        "I have the pills here and I will do it tonight.",
        "I have the pills in front of me and I can't go on.",
        "I'm going to kill myself tonight.",
        "Tomorrow morning I will end my life.",
        "I've written the goodbye letters and tomorrow I'll do it.",
        "I'm standing on the bridge and I'm going to jump.",
        "I just took all the pills.",
        "I've swallowed the whole bottle.",
        "I've cut my wrists and it won't stop bleeding.",
        "I have a gun on my lap.",
        "My gun is loaded and I'm done.",
        "I've decided. Tonight after the kids are asleep I'm going to end my life.",
        "I'm going to kill him tonight, the knife is in my bag.",
        "He is at the door with a knife.",
        "He has his hands around my neck.",
        "He has a gun to my head.",
        "I just tried to kill myself.",
        "I've set a date for my death.",
        "I bought rope to hang myself.",
        "I’m on the roof. I’ll jump.",
        "IM GONNA KILL MYSELF TODAY",
    ),
    Language.ZH: (
        "药就在我手边，今晚我就吃下去。",
        "我今晚就去死。",
        "我已经站在天台上了。",
        "遗书写好了，明天就走。",
        "我刚把一整瓶药都吃了。",
        "我割了手腕，血止不住。",
        "刀就在我手里，我要割下去了。",
        "绳子我买好了，今晚就上吊。",
        "我在桥上，马上就跳。",
        "我今天就要杀了他，刀在包里。",
        "我把安眠药都吃了。",
        "他拿着刀在门口。",
        "他现在掐着我的脖子。",
        "明天我就结束自己的生命。",
        "我现在就自杀。",
    ),
}
HIGH_WORDS = {
    Language.EN: (
        "I want to kill myself.",
        "I keep thinking about killing myself.",
        "I'm thinking of ending my life.",
        "I cut myself again last night.",
        "He hits me.",
        "I want to commit suicide.",
        "Don't laugh: I want to kill myself.",
        "My marriage is a nightmare. I want to kill myself.",
    ),
    Language.ZH: (
        "我想自杀。",
        "我一直在想怎么结束自己的生命。",
        "昨晚我又割自己了。",
        "他打我。",
        "我不想活了，想自杀。",
        "想过不活了，一天能冒出来好几回。",
    ),
}


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in IMMINENT_WORDS.items() for text in texts]
)
def test_imminent_danger_said_outright_acts_alone(language: Language, text: str) -> None:
    assert load_rules(language).hear(text).hard == IMMINENT


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in HIGH_WORDS.items() for text in texts]
)
def test_high_danger_said_outright_is_heard(language: Language, text: str) -> None:
    heard = load_rules(language).hear(text)
    assert max(heard.hard, heard.soft) >= HIGH


@pytest.mark.parametrize("text", ["I don't want to kill myself.", "It's not that I want to kill myself."])
def test_a_plain_denial_is_no_such_wish(text: str) -> None:
    assert load_rules(Language.EN).hear(text).hard == 0


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        (Language.EN, "I want to be where he is.", 1),
        (Language.EN, "Some nights I'd rather be with her again.", 1),
        (Language.EN, "I gripped him too hard and left him crying.", 2),
        (Language.EN, "I hit the ball too hard on Sunday.", 0),
        (Language.ZH, "她走了以后，我就想去找她。", 1),
        (Language.ZH, "我想去她那边住几天，换换心情。", 0),
        (Language.ZH, "我昨晚摇孩子摇得太用力了，她哭到半夜。", 2),
        (Language.ZH, "我打球打得太用力了。", 0),
    ],
)
def test_longing_for_the_dead_and_a_hand_too_hard_are_heard(
    language: Language, text: str, found: int
) -> None:
    heard = load_rules(language).hear(text)
    assert max(heard.hard, heard.soft) == found
