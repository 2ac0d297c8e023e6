"""What says much beside the drink only: odd hands, rest that it alone brings, a child to drive."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, NO_RISK, About
from psychagent.safety.answer import load_safety

EN, ZH = Language.EN, Language.ZH

HEARD = [
    (EN, "", "A few glasses of wine of an evening, and my hands are a bit silly in the mornings."),
    (EN, "How much wine is it, of an evening?", "Two or three. My hands are a bit silly in the mornings."),
    (EN, "", "I never settle until I've had a glass."),
    (EN, "", "A couple of drinks and I settle."),
    (EN, "", "It's wine, most evenings. I have to drive my daughter to her match on Saturday."),
    (EN, "And the wine, how many is it?", "I've got to drive to fetch my daughter on Saturday."),
    (EN, "", "I need a couple of glasses to get to sleep."),
    (EN, "", "I can't drop off without my nightcap."),
    (ZH, "", "我一般得喝两口才能睡，今晚还有一桌。"),
    (ZH, "", "不喝两口睡不着。"),
    (ZH, "", "这半年都靠白的才能睡着。"),
    (ZH, "", "晚上总要喝点白酒，早上起来手不听使唤。"),
    (ZH, "", "回去喝两口就踏实了。"),
    (ZH, "", "不喝点酒，心里踏实不下来。"),
    (ZH, "", "晚上还得喝两口。周末我还得开车去接闺女呢。"),
    (ZH, "您说回去喝两口才踏实，那周末怎么过？", "周末我还得开车去接闺女呢。"),
]
CALM = [
    (EN, "", "My fingers are clumsy in the mornings, it's the arthritis."),
    (EN, "Do you drink at all?", "No, and my hands are silly in the mornings from the cold."),
    (EN, "", "Two glasses of water and I settle."),
    (EN, "", "A glass of wine and I'm happy."),
    (EN, "", "I have to drive my daughter to school every day."),
    (EN, "Do you drink in the evening?", "No, I have to drive my daughter to school."),
    (EN, "", "He drinks every night and I have to drive the kids."),
    (EN, "", "I need a glass of water to get to sleep."),
    (EN, "", "He needs a drink to get to sleep."),
    (EN, "", "I can't sleep without my pillow."),
    (ZH, "", "我得喝杯热牛奶才能睡。"),
    (ZH, "", "他得喝两口才能睡。"),
    (ZH, "", "早上手有点笨，关节炎老毛病。"),
    (ZH, "", "喝两口热水就踏实了。"),
    (ZH, "", "周末我还得开车去接闺女呢。"),
    (ZH, "晚上喝酒吗？", "不喝，我还得开车去接闺女呢。"),
    (ZH, "", "他天天喝，我还得开车去接孩子。"),
    (ZH, "", "晚上我不喝酒，明天还得开车送孩子上学。"),
    (ZH, "", "昨晚聚餐喝酒，我叫的代驾，明天还要开车送孩子。"),
]


@pytest.mark.parametrize(("language", "asked", "said"), HEARD)
def test_a_hint_beside_the_drink_is_a_soft_concern(language: Language, asked: str, said: str) -> None:
    heard = load_safety(language).rules.hear(said, asked)
    assert (heard.hard, heard.soft, heard.about) == (NO_RISK, CONCERN, About.DRINK), heard


@pytest.mark.parametrize(("language", "asked", "said"), CALM)
def test_the_same_words_without_the_drink_are_none(language: Language, asked: str, said: str) -> None:
    heard = load_safety(language).rules.hear(said, asked)
    assert (heard.hard, heard.soft) == (NO_RISK, NO_RISK), heard
