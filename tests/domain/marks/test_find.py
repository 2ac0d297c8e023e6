"""Marks of a simulator's faults."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.marks.find import Kind, find_marks
from psychagent.domain.turn import Turn

CLIENT, COUNSELOR = Speaker.CLIENT, Speaker.COUNSELOR
TIRED = "I just feel so tired of everything at work these days."


def said(*pairs: tuple[Speaker, str]) -> list[Turn]:
    return [Turn(speaker=speaker, text=text) for speaker, text in pairs]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (TIRED, TIRED),
        (TIRED, "I just feel so tired of everything at work these days, really."),
        ("我最近上班的时候总觉得特别累。", "我最近上班的时候总觉得特别累！"),
    ],
)
def test_a_side_that_repeats_itself_is_a_loop(first: str, again: str) -> None:
    (mark,) = find_marks(said((CLIENT, first), (COUNSELOR, "What is work like?"), (CLIENT, again)))
    assert (mark.kind, mark.turn, mark.of, mark.speaker) == (Kind.LOOP, 2, 0, CLIENT)


def test_a_short_answer_said_twice_is_ordinary_speech() -> None:
    turns = said((CLIENT, "嗯，好的。"), (COUNSELOR, "Go on, please."), (CLIENT, "嗯，好的。"))
    assert find_marks(turns) == ()


def test_a_turn_that_goes_on_from_an_earlier_one_is_no_loop() -> None:
    more = f"{TIRED} My manager now wants me to take on the night shifts as well."
    assert find_marks(said((CLIENT, TIRED), (COUNSELOR, "Go on, please."), (CLIENT, more))) == ()


def test_a_side_that_says_the_others_turn_is_an_echo() -> None:
    (mark,) = find_marks(said((CLIENT, TIRED), (COUNSELOR, TIRED)))
    assert (mark.kind, mark.turn, mark.of, mark.speaker) == (Kind.ECHO, 1, 0, COUNSELOR)


@pytest.mark.parametrize(
    "words",
    ["*sighs*", "*looks down at her hands*", "(pauses)", "（沉默）", "【低头不语】"],
)
def test_a_gesture_written_out_is_a_stage_direction(words: str) -> None:
    (mark,) = find_marks(said((CLIENT, f"{words} I do not know.")))
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
    assert find_marks(said((CLIENT, text))) == ()


def test_the_gates_own_text_may_repeat() -> None:
    fixed = Turn(speaker=COUNSELOR, text="Please call the emergency number now, I mean it.", by_gate=True)
    assert find_marks([fixed, Turn(speaker=CLIENT, text="No."), fixed]) == ()
