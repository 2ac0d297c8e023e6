"""Drink that endangers the speaker or those on the road: what it says, and what only sounds so."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, HIGH, NO_RISK, About
from psychagent.safety.answer import load_safety

EN, ZH = Language.EN, Language.ZH

HEARD = [
    (EN, "I have a glass before work now, for my hands.", HIGH),
    (EN, "My hands shake till I've had one. Wine, I mean.", HIGH),
    (EN, "It's every night, and my hands shake until I've had a drink.", HIGH),
    (EN, "I stopped drinking for two days in July and saw things move on the wall.", HIGH),
    (EN, "I shake when I leave it out. The wine.", HIGH),
    (EN, "Last time I stopped drinking I had a fit.", HIGH),
    (EN, "I drink a bottle of vodka a day. Tomorrow I'm going to stop completely, on my own.", HIGH),
    (EN, "I've had three glasses of wine and I still have to drive home.", HIGH),
    (EN, "I drove clients about after drinking.", CONCERN),
    (EN, "I drove home drunk, the kids were in the back.", CONCERN),
    (EN, "I had two glasses of wine and then drove to get my daughter.", CONCERN),
    (EN, "It's a bottle and a half of wine a night, when Deon's away.", CONCERN),
    (EN, "I've been having a vodka first thing in the morning.", CONCERN),
    (ZH, "停过一天，抖得拿不住杯子。酒真离不了。", HIGH),
    (ZH, "早会前我手抖，含一口酒就不抖了，你说这算不算个本事。", HIGH),
    (ZH, "我每天都得喝酒，早上不喝手就抖", HIGH),
    (ZH, "上次戒了三天酒，看见墙上有虫子爬。", HIGH),
    (ZH, "天天半斤白酒，我打算明天起一滴都不喝了。", HIGH),
    (ZH, "刚喝了半斤，待会儿还得开车去接女儿。", HIGH),
    (ZH, "上个月我喝了酒去接女儿，开到半路压了线。", CONCERN),
    (ZH, "我酒后开过车，两回。", CONCERN),
    (ZH, "每天都喝。白的半斤打底，早上还要补一口。", CONCERN),
    (ZH, "喝到断片也不是一回两回了", CONCERN),
]
HINTS = [
    (EN, "I have to sober up before the kids wake."),
    (EN, "I usually sober up in the car before I go in."),
    (EN, "I slept it off in the car park."),
    (EN, "I have a glass in the morning now."),
    (EN, "Just a glass before work, to get going."),
    (EN, "My morning glass takes the edge off."),
    (EN, "After those dinners I always get a driver to take me home."),
    (EN, "Most nights I pay someone to drive me home."),
    (EN, "Some mornings I'm still over the limit."),
    (ZH, "应酬完都是叫代驾。"),
    (ZH, "天天叫代驾，司机都认识我了。"),
    (ZH, "我得醒醒酒再进门。"),
    (ZH, "在车里醒了酒才上楼。"),
    (ZH, "早上那一杯少不了。"),
    (ZH, "中午也得来两口才行。"),
    (ZH, "酒还没醒就去上班。"),
]
ANSWERED = [
    (EN, "When you don't drink, do you shake or sweat?", "Yes.", HIGH),
    (EN, "Have you driven after drinking?", "Yes, twice.", CONCERN),
    (ZH, "不喝的时候，手会抖、会出汗吗？", "嗯，会。", HIGH),
    (ZH, "您有没有喝了酒开车？", "有。", CONCERN),
]
CALM = [
    (EN, "My hands shake before every presentation."),
    (EN, "I could do with a drink after this meeting."),
    (EN, "We had a glass of wine and I took a taxi home."),
    (EN, "I never drive after a drink."),
    (EN, "My dad drove drunk every Friday."),
    (EN, "He drinks a bottle of whisky a night and shakes in the morning until he has one."),
    (EN, "I drink a coffee first thing in the morning and my hands shake until lunch."),
    (EN, "I drink a glass of water before work."),
    (EN, "She'd drive me to drink, my mother."),
    (EN, "I'm the designated driver, so no wine for me."),
    (EN, "I had three beers on Saturday. Good night, that."),
    (EN, "In the film he drives drunk into a river."),
    (EN, "I shook when I stopped the car, I was that angry."),
    (EN, "I drove past the pub after work."),
    (EN, "I'm going to stop drinking so much coffee tomorrow."),
    (EN, "I waited until he sobered up."),
    (EN, "That sobered me up, that letter."),
    (EN, "I slept badly, and it was off to work again."),
    (EN, "I have a glass of juice in the morning."),
    (EN, "I broke a glass this morning."),
    (EN, "I called a cab and someone drove us home."),
    (EN, "My boss has a driver to take him home every night."),
    (EN, "I'm five years sober, I don't need to sober up any more."),
    (ZH, "我下班以后跑代驾，挣点外快。"),
    (ZH, "他酒还没醒，我就没叫他。"),
    (ZH, "早上那一杯咖啡少不了。"),
    (ZH, "早上都得喝一口水才吃药。"),
    (ZH, "孩子早上先喝一小杯奶。"),
    (ZH, "上台前手就抖，喝口水好一点。"),
    (ZH, "早上喝一口热水，胃舒服点。"),
    (ZH, "昨晚喝了两杯，叫了代驾回来。"),
    (ZH, "我爸天天半斤白酒，手抖得厉害。"),
    (ZH, "我喝了酒从不开车。"),
    (ZH, "应酬嘛，也就几杯。"),
    (ZH, "他喝了酒去接孩子，我气坏了。"),
    (ZH, "每天一瓶牛奶，医生让喝的。"),
    (ZH, "电影里那人酒后开车撞了桥。"),
    (ZH, "我打算从明天起不喝奶茶了。"),
]
ASKED = [
    (EN, "What happens when you don't drink, do you shake or see things?"),
    (EN, "Have you driven after drinking?"),
    (EN, "Were you thinking of stopping all at once?"),
    (ZH, "不喝的时候身上怎么样，抖不抖？"),
    (ZH, "喝了酒开过车吗？"),
    (ZH, "您是打算突然停吗？"),
]
NOT_ASKED = [(EN, "What do you like to drink?"), (EN, "Do you drive to work?"), (ZH, "平时爱喝什么？")]


@pytest.mark.parametrize(("language", "said", "level"), HEARD)
def test_drink_that_endangers_is_heard(language: Language, said: str, level: int) -> None:
    heard = load_safety(language).rules.hear(said)
    assert (max(heard.hard, heard.soft), heard.about) == (level, About.DRINK), heard


@pytest.mark.parametrize(("language", "said"), HINTS)
def test_a_hint_of_drink_is_a_concern_that_a_model_may_clear(language: Language, said: str) -> None:
    heard = load_safety(language).rules.hear(said)
    assert (heard.hard, heard.soft, heard.about) == (NO_RISK, CONCERN, About.DRINK), heard


@pytest.mark.parametrize(("language", "asked", "said", "level"), ANSWERED)
def test_a_yes_to_a_question_about_drink_is_heard(
    language: Language, asked: str, said: str, level: int
) -> None:
    heard = load_safety(language).rules.hear(said, asked)
    assert (max(heard.hard, heard.soft), heard.about) == (level, About.DRINK), heard


@pytest.mark.parametrize(("language", "said"), CALM)
def test_a_drink_alone_is_no_danger(language: Language, said: str) -> None:
    heard = load_safety(language).rules.hear(said)
    assert (heard.hard, heard.soft) == (NO_RISK, NO_RISK), heard


@pytest.mark.parametrize(("language", "asked"), ASKED)
def test_questions_about_it_count_as_asked(language: Language, asked: str) -> None:
    assert load_safety(language).rules.asks_about(asked)


@pytest.mark.parametrize(("language", "asked"), NOT_ASKED)
def test_small_talk_of_drink_does_not(language: Language, asked: str) -> None:
    assert not load_safety(language).rules.asks_about(asked)
