"""Marks of a simulator's faults."""

from __future__ import annotations

from typing import Any

import pytest

from psychagent.assets.marks import load_mark_words
from psychagent.domain.base import Language, Speaker
from psychagent.domain.marks.find import Kind, Mark, find_marks
from psychagent.domain.turn import Turn

CLIENT, COUNSELOR = Speaker.CLIENT, Speaker.COUNSELOR
TIRED = "I just feel so tired of everything at work these days."


def said(*pairs: tuple[Speaker, str]) -> list[Turn]:
    return [Turn(speaker=speaker, text=text) for speaker, text in pairs]


def marks_in(turns: list[Turn]) -> tuple[Mark, ...]:
    text = "".join(turn.text for turn in turns)
    language = Language.ZH if any("\u4e00" <= char <= "\u9fff" for char in text) else Language.EN
    return find_marks(turns, load_mark_words(language))


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (TIRED, TIRED),
        (TIRED, "I just feel so tired of everything at work these days, really."),
        ("我最近上班的时候总觉得特别累。", "我最近上班的时候总觉得特别累！"),
    ],
)
def test_a_side_that_repeats_itself_is_a_loop(first: str, again: str) -> None:
    (mark,) = marks_in(said((CLIENT, first), (COUNSELOR, "What is work like?"), (CLIENT, again)))
    assert (mark.kind, mark.turn, mark.of, mark.speaker) == (Kind.LOOP, 2, 0, CLIENT)


def test_a_short_answer_said_twice_is_ordinary_speech() -> None:
    turns = said((CLIENT, "嗯，好的。"), (COUNSELOR, "Go on, please."), (CLIENT, "嗯，好的。"))
    assert marks_in(turns) == ()


def test_a_turn_that_goes_on_from_an_earlier_one_is_no_loop() -> None:
    more = f"{TIRED} My manager now wants me to take on the night shifts as well."
    assert marks_in(said((CLIENT, TIRED), (COUNSELOR, "Go on, please."), (CLIENT, more))) == ()


def test_a_side_that_says_the_others_turn_is_an_echo() -> None:
    (mark,) = marks_in(said((CLIENT, TIRED), (COUNSELOR, TIRED)))
    assert (mark.kind, mark.turn, mark.of, mark.speaker) == (Kind.ECHO, 1, 0, COUNSELOR)


@pytest.mark.parametrize(
    "words",
    ["*sighs*", "*looks down at her hands*", "(pauses)", "（沉默）", "【低头不语】", "（眼眶红了）"],
)
def test_a_gesture_written_out_is_a_stage_direction(words: str) -> None:
    (mark,) = marks_in(
        said((CLIENT, f"{words} 我不知道。" if words[0] in "（【" else f"{words} I do not know."))
    )
    assert (mark.kind, mark.words) == (Kind.STAGE, words)


@pytest.mark.parametrize(
    "text",
    [
        "I *never* said so.",
        "My sister (the older one) called.",
        "我妹妹（在上海）来过电话。",
        "**No.** I will not.",
        "It was my fault (looking back, at least).",
        "I sleep badly (shift work).",
        "He was *clearly* angry.",
        "那天晚上（我哭了一夜）他没有回来。",
    ],
)
def test_an_emphasis_and_an_aside_are_no_stage_direction(text: str) -> None:
    assert marks_in(said((CLIENT, text))) == ()


def test_the_gates_own_text_may_repeat() -> None:
    fixed = Turn(speaker=COUNSELOR, text="Please call the emergency number now, I mean it.", by_gate=True)
    assert marks_in([fixed, Turn(speaker=CLIENT, text="No."), fixed]) == ()


@pytest.mark.parametrize(
    ("speaker", "text", "words"),
    [
        (CLIENT, "It sounds like you're carrying a lot. How long has that been so?", "It sounds like you're"),
        (CLIENT, "As your counselor I would try it once.", "As your counselor"),
        (CLIENT, "谢谢您的分享。您现在有什么感受？", "谢谢您的分享"),
        (COUNSELOR, "You are my counselor, so tell me what to do.", "You are my counselor"),
        (COUNSELOR, "我的咨询师说我该早点睡。", "我的咨询师说"),
    ],
)
def test_a_side_that_speaks_from_the_others_chair_is_a_flip(speaker: Speaker, text: str, words: str) -> None:
    (mark,) = marks_in(said((speaker, text)))
    assert (mark.kind, mark.speaker, mark.words) == (Kind.FLIP, speaker, words)


@pytest.mark.parametrize(
    ("speaker", "text"),
    [
        (COUNSELOR, "It sounds like you're carrying a lot. What brings you here today?"),
        (CLIENT, "My old therapist always asked “How does that make you feel?”, and I hated it."),
        (CLIENT, "It sounds like a lot when I say it."),
        (CLIENT, "我妈问我“你现在有什么感受”，我说没有。"),
        (CLIENT, "Thank you. That helps."),
    ],
)
def test_words_of_ones_own_chair_and_quoted_ones_are_no_flip(speaker: Speaker, text: str) -> None:
    assert marks_in(said((speaker, text))) == ()


ENDS = [
    (CLIENT, "Okay. See you next week."),
    (COUNSELOR, "Take care of yourself. Goodbye."),
    (CLIENT, "Bye."),
]
ENDS_ZH = [(CLIENT, "好，下周见。"), (COUNSELOR, "路上慢点，再见。"), (CLIENT, "再见。")]


@pytest.mark.parametrize("ends", [ENDS, ENDS_ZH], ids=["en", "zh"])
def test_a_goodbye_of_each_side_and_its_answer_is_how_people_part(ends: list[tuple[Speaker, str]]) -> None:
    assert marks_in(said(*ends)) == ()


@pytest.mark.parametrize(
    ("ends", "more"),
    [
        (ENDS, [(COUNSELOR, "Goodbye!"), (CLIENT, "Bye-bye!")]),
        (ENDS_ZH, [(COUNSELOR, "再见！"), (CLIENT, "拜拜！")]),
    ],
    ids=["en", "zh"],
)
def test_goodbyes_that_go_on_are_marked_once_where_each_says_a_second_one(
    ends: list[tuple[Speaker, str]], more: list[tuple[Speaker, str]]
) -> None:
    (mark,) = marks_in(said(*ends, *more))
    assert (mark.kind, mark.turn) == (Kind.GOODBYES, 3)


def test_a_goodbye_in_a_story_is_none() -> None:
    told = "I said goodbye to her at the gate. Then I drove home. I did not sleep at all. A long night."
    assert (
        marks_in(said(*[(CLIENT, told), (COUNSELOR, "Bye.")] * 1, (CLIENT, "Bye."), (COUNSELOR, "Bye.")))
        == ()
    )


class _Counting:
    """A pattern that counts how often it is searched for."""

    def __init__(self) -> None:
        self.searched = 0

    def search(self, text: str) -> None:
        self.searched += 1


def test_of_a_long_session_each_turn_is_read_a_few_times_and_no_more() -> None:
    farewells: Any = _Counting()
    words = load_mark_words(Language.EN)._replace(farewells=farewells)
    turns = [Turn(speaker=CLIENT, text=f"Number {n}.") for n in range(400)]
    find_marks(turns, words)
    assert 0 < farewells.searched <= 5 * len(turns)
