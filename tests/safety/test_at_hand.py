"""Whether help was called or has come, by the words of who is in danger."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.domain.turn import Turn
from psychagent.safety.answer import load_safety

THERE = {
    Language.EN: [
        "He's phoning, he's got 112 on speaker, they're asking when the last glass was.",
        "The lady says stay on the line and don't let me have anything.",
        "I called 911, they are on their way.",
        "The ambulance is coming, ten minutes.",
        "Paramedics are here, I have to go.",
        "My sister rang an ambulance. I told her not to.",
        "I'm on the phone with 988 right now.",
        "Okay. I've called the crisis line, she's nice.",
        "We're in the ER now, waiting.",
        "They've put me on a drip.",
        "I got through to 999.",
        "Help is on the way. I'm still holding it.",
        "ok ive rung 999",
        "I'm in hospital since noon.",
        "Ansie's on with the ambulance now, she's giving the gate code.",
    ],
    Language.ZH: [
        "我打了120，他们说马上到。",
        "救护车已经在路上了。",
        "老公叫了救护车。",
        "我报警了。",
        "警察到了。",
        "我正在跟热线通话。",
        "120打了，在等。",
        "我在急诊了，医生在看。",
        "我妈把我送到医院了。",
        "现在挂着水呢。",
        "室友刚打通了120。",
        "接线员让我别挂电话。",
    ],
}
NEITHER = {
    Language.EN: [
        "I'm not calling 911.",
        "Don't call an ambulance, please.",
        "Should I call 112?",
        "If I called 999 they'd laugh.",
        "I called an ambulance last year and it was a joke.",
        "I should have rung the crisis line.",
        "I'm going to call the helpline tomorrow.",
        "The police are outside, they watch me.",
        "They are coming for me.",
        "My mother was in hospital when I was ten.",
        "I'm at the hospital till six, night shifts this week.",
        "I was visiting him in hospital.",
        "Nobody called an ambulance.",
        "I thought of ringing 988.",
        "I want to be in a hospital and never come back.",
        "I have the pills in my hand.",
        "She said call 112 and I laughed.",
        "It's an emergency at work, as ever.",
        "I am in the hospital car park with the pills.",
        "I was on the ward today, seeing patients.",
        "I called 112 and nobody answered.",
    ],
    Language.ZH: [
        "我不想打120。",
        "别叫救护车。",
        "要不要打120？",
        "要是打了120，他们会笑话我。",
        "去年叫了救护车，白跑一趟。",
        "我没报警。",
        "我想打热线，又不敢。",
        "警察在外面盯着我。",
        "我小时候在医院住过。",
        "我在医院上班，今晚值班。",
        "我妈在医院，我去陪床。",
        "药就在我手里。",
        "我到医院楼顶了。",
        "打了120，没人接。",
    ],
}
GONE = {
    Language.EN: [
        "The ambulance left again.",
        "I hung up.",
        "They sent me home an hour ago, with a leaflet.",
        "I cancelled the ambulance.",
        "The paramedics have gone.",
    ],
    Language.ZH: ["救护车走了。", "我把电话挂了。", "我出院了。", "警察已经走了。", "回家了，没人管。"],
}


AFTER_A_CALL = {
    Language.EN: [
        "She's on the phone to them now. They're coming.",
        "They said twenty minutes.",
        "Ansie has called them.",
        "The call is made.",
        "She told them the times. They're saying twenty minutes.",
        "She's on to them now, she's giving them the gate code.",
        "Nothing's hard, she's called.",
    ],
    Language.ZH: ["他们说十五分钟到。", "电话打了。", "打通了，在说地址。", "我姐打了。"],
}


def _cases(lists: dict[Language, list[str]]) -> list[tuple[Language, str]]:
    return [(language, words) for language, several in lists.items() for words in several]


@pytest.mark.parametrize(("language", "words"), _cases(THERE))
def test_help_that_was_called_or_is_there_is_heard(language: Language, words: str) -> None:
    assert load_safety(language).rules.at_hand.tells(words) is True


@pytest.mark.parametrize(("language", "words"), _cases(NEITHER))
def test_help_that_is_asked_about_refused_or_long_ago_is_none(language: Language, words: str) -> None:
    assert load_safety(language).rules.at_hand.tells(words) is None


@pytest.mark.parametrize(("language", "words"), _cases(GONE))
def test_help_that_has_left_is_no_longer_at_hand(language: Language, words: str) -> None:
    assert load_safety(language).rules.at_hand.tells(words) is False


def test_the_last_word_of_the_client_counts() -> None:
    rules = load_safety(Language.EN).rules.at_hand
    said = [
        Turn(speaker=Speaker.COUNSELOR, text="I called 911 for you."),
        Turn(speaker=Speaker.CLIENT, text="I called 911."),
        Turn(speaker=Speaker.COUNSELOR, text="Are they there?"),
        Turn(speaker=Speaker.CLIENT, text="My hands shake."),
    ]
    assert not rules.is_there(said[:1])
    assert rules.is_there(said)
    assert not rules.is_there([*said, Turn(speaker=Speaker.CLIENT, text="They left.")])


@pytest.mark.parametrize(("language", "words"), _cases(AFTER_A_CALL))
def test_they_are_the_helpers_once_a_fixed_text_has_asked_to_call(language: Language, words: str) -> None:
    rules = load_safety(language).rules.at_hand
    asked = Turn(speaker=Speaker.COUNSELOR, text="...", by_gate=True)
    said = Turn(speaker=Speaker.CLIENT, text=words)
    assert rules.is_there([asked, said])
    assert not rules.is_there([asked.model_copy(update={"by_gate": False}), said])


def test_what_counts_lately_is_told_in_the_light_of_a_text_from_before() -> None:
    rules = load_safety(Language.EN).rules.at_hand
    gate = Turn(speaker=Speaker.COUNSELOR, text="Please call now.", by_gate=True)
    own = Turn(speaker=Speaker.COUNSELOR, text="Sit down.")
    told = Turn(speaker=Speaker.CLIENT, text="She's on to them again, ten minutes.")
    other = Turn(speaker=Speaker.CLIENT, text="My arm jumped by itself.")
    assert rules.is_there([gate, other, own, told], lately=1)
    assert rules.is_there([gate, told, own, other], lately=3)
    assert not rules.is_there([gate, told, own, other], lately=1)
    assert not rules.is_there([own, other, own, told], lately=1)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.EN, "They're coming."),
        (Language.EN, "They're here."),
        (Language.EN, "I called them, no answer."),
        (Language.ZH, "他们来了，在砸门。"),
        (Language.ZH, "他们马上就到。"),
        (Language.ZH, "电话打了，没人接。"),
    ],
)
def test_who_comes_may_be_who_is_feared_and_a_call_without_an_answer_is_none(
    language: Language, words: str
) -> None:
    assert load_safety(language).rules.at_hand.tells(words, called_for=True) is None
