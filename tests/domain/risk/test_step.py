"""Which one thing a turn's note asks for about a danger."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.risk.danger import StillOpen, is_unprompted
from psychagent.domain.risk.finding import About
from psychagent.domain.risk.step import Step, Where, can_be_answered, step_of
from psychagent.domain.turn import Turn

CALM = Where(
    turn=3,
    turns_left=4,
    extra_turns=4,
    level=0,
    about=About.SELF,
    spoken_of=False,
    pressed=True,
    told=False,
    newly_told=False,
    still_open=StillOpen.NONE,
    own_unasked=False,
)


def step(**over: Any) -> Step:
    return step_of(CALM._replace(**over))


def test_without_danger_there_is_nothing_to_do_about_it() -> None:
    assert [step(turns_left=left) for left in (9, 3, 2, 1)] == [Step.NONE] * 4


def test_a_danger_from_before_is_greeted_first_and_asked_about_after() -> None:
    assert step(turn=1, level=1, still_open=StillOpen.UNASKED) is Step.GREET
    assert step(level=1, still_open=StillOpen.UNASKED) is Step.RAISE
    assert step(level=1, still_open=StillOpen.ANSWERED, own_unasked=True) is Step.REPEAT


@pytest.mark.parametrize("over", [{"still_open": StillOpen.UNASKED}, {"own_unasked": True}, {"told": True}])
@pytest.mark.parametrize("left", [4, 1, 0])
def test_a_high_danger_comes_before_every_other_question(left: int, over: dict[str, Any]) -> None:
    assert {step(level=level, turns_left=left, **over) for level in (2, 3)} == {Step.PRESS}


def test_what_may_mean_danger_is_asked_about_then_taken_up_by_what_was_said() -> None:
    assert step(level=1) is Step.HEAR
    assert step(level=1, spoken_of=True, pressed=False) is Step.FOLLOW
    assert step(level=1, spoken_of=True, pressed=False, told=True) is Step.GO_ON
    assert step(level=1, spoken_of=True, pressed=True) is Step.GO_ON, "a third asking is a cross-examination"


@pytest.mark.parametrize(("left", "extra"), [(4, 4), (1, 4), (0, 4)])
def test_a_hint_of_another_danger_than_was_asked_about_is_asked_about_first(left: int, extra: int) -> None:
    hint = {"level": 1, "about": About.DRINK, "spoken_of": True, "pressed": False, "newly_told": True}
    place = {"turns_left": left, "extra_turns": extra}
    assert step(**hint, **place, unprompted=True) is Step.HEAR
    assert step(**hint, **place) is Step.FOLLOW, "an answer to a question about drink"


ASKED = {"die": "Do you think of dying?", "drink": "Have you driven after drinking?", "": "How was work?"}


@pytest.mark.parametrize(
    ("asked", "about", "before", "unprompted"),
    [
        ("die", About.DRINK, About.NONE, True),
        ("", About.DRINK, About.NONE, True),
        ("drink", About.DRINK, About.NONE, False),
        ("die", About.SELF, About.NONE, False),
        ("die", About.DRINK, About.DRINK, False),
        ("", About.NONE, About.NONE, False),
    ],
)
def test_a_hint_is_unprompted_where_no_question_was_about_its_kind(
    asked: str, about: About, before: About, unprompted: bool
) -> None:
    own = Turn(speaker=Speaker.COUNSELOR, text=ASKED[asked], risk_about=before)
    turns = [own, Turn(speaker=Speaker.CLIENT, text="x")]
    asks = {"asks": lambda text: text != ASKED[""], "asks_self": lambda text: text == ASKED["die"]}
    assert is_unprompted(turns, about=about, **asks) is unprompted


def test_the_own_death_has_a_turn_of_its_own_once_the_other_danger_was_asked_about() -> None:
    assert step(level=1, own_unasked=True) is Step.HEAR
    asked = [step(level=level, own_unasked=True, spoken_of=True) for level in (0, 1)]
    assert asked == [Step.OWN, Step.OWN]


@pytest.mark.parametrize(("left", "extra"), [(1, 4), (0, 4), (-2, 4), (2, 0)])
def test_where_time_is_up_a_lower_danger_is_settled_before_goodbye(left: int, extra: int) -> None:
    assert step(level=1, spoken_of=True, turns_left=left, extra_turns=extra) is Step.SETTLE
    assert step(level=1, turns_left=left, extra_turns=extra) is Step.HEAR, "new words are asked about first"


def test_two_turns_before_the_limit_nothing_is_closed_while_danger_adds_turns() -> None:
    assert step(level=1, spoken_of=True, pressed=False, turns_left=2) is Step.FOLLOW


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize(("left", "extra"), [(-3, 4), (1, 0)])
def test_in_the_very_last_turn_nothing_is_asked_and_no_danger_is_called_over(
    level: int, left: int, extra: int
) -> None:
    assert step(level=level, turns_left=left, extra_turns=extra, own_unasked=True) is Step.PART


def test_only_a_danger_of_which_nothing_is_left_has_eased() -> None:
    shown = {(level, left): step(level=level, turns_left=left) for level in range(4) for left in (1, 0, -3)}
    assert [key for key, value in shown.items() if value is Step.EASED] == [(0, 0), (0, -3)]


NOT_OWN_WISH = [About.CHILD, About.HARMED, About.OTHERS, About.DRINK]
TOLD_OF = [{"told": True}, *({"about": about} for about in NOT_OWN_WISH)]


@pytest.mark.parametrize("over", TOLD_OF)
def test_a_calm_answer_in_an_extra_turn_does_not_end_what_was_told(over: dict[str, Any]) -> None:
    assert [step(turns_left=left, **over) for left in (0, -1, -2)] == [Step.SETTLE] * 3
    assert step(turns_left=-3, **over) is Step.PART
    assert [step(turns_left=left, **over) for left in (2, 1)] == [Step.NONE] * 2, "regular turns close"


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("about", NOT_OWN_WISH)
def test_in_extra_turns_the_night_is_settled_before_the_own_death_is_asked_about(
    about: About, level: int
) -> None:
    shown = [
        step(turns_left=left, level=level, about=about, spoken_of=True, own_unasked=True)
        for left in (3, 0, -1, -2, -3)
    ]
    assert shown == [Step.OWN, Step.SETTLE, Step.SETTLE, Step.SETTLE, Step.PART]


def test_nothing_that_wants_an_answer_is_asked_where_none_can_come() -> None:
    for left, extra, level in product(range(-4, 3), (0, 2, 4), range(4)):
        where = CALM._replace(turns_left=left, extra_turns=extra, level=level, own_unasked=True)
        if left + extra >= 1 and not can_be_answered(where):
            assert step_of(where) in {Step.PART, Step.EASED, Step.NONE}
