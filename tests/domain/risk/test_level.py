"""The level of a turn: rules, model and the turn before, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.risk.asked import Asked, voiced_danger
from psychagent.domain.risk.finding import About, Classifier, Handling, RiskFinding, RiskMode
from psychagent.domain.risk.level import (
    Level,
    about_of,
    failures_in_a_row,
    handling_of,
    is_certain,
    is_model_due,
    is_worth_noting,
    level_at,
    level_of,
)
from psychagent.domain.turn import Turn


def talk(*said: str) -> list[Turn]:
    """Make a dialogue that the counselor opens, speaker by speaker in turn."""
    return [
        Turn(speaker=Speaker.COUNSELOR if at % 2 == 0 else Speaker.CLIENT, text=text)
        for at, text in enumerate(said)
    ]


def found(
    turn: int, level: int, classifier: Classifier = Classifier.OFF, *, carried: bool = False
) -> RiskFinding:
    return RiskFinding(turn=turn, level=level, classifier=classifier, carried=carried)


@pytest.mark.parametrize(
    ("hard", "soft", "model", "last", "level", "carried"),
    [
        (0, 0, None, 0, 0, False),
        (2, 0, None, 0, 2, False),
        # a soft rule stands in where no model answered, and yields to one that did
        (0, 2, None, 0, 2, False),
        (0, 2, 0, 0, 0, False),
        (0, 1, 3, 0, 3, False),
        # a hard rule does not yield
        (2, 0, 0, 0, 2, False),
        # the level falls by one a turn at most
        (0, 0, 0, 3, 2, True),
        (0, 0, None, 2, 1, True),
        (0, 0, None, 1, 0, False),
        (1, 0, None, 2, 1, False),
        (3, 0, None, 1, 3, False),
    ],
)
def test_the_level_is_the_highest_of_rules_model_and_what_is_carried(
    hard: int, soft: int, model: int | None, last: int, level: int, carried: bool
) -> None:
    assert level_of(hard=hard, soft=soft, model=model, last=last) == (level, carried)


def test_the_level_of_the_last_turn_is_its_findings_and_that_of_the_session_before_at_first() -> None:
    turns = talk("Hello.", "a", "And?", "b")
    assert level_at([], turns[:1], before=3) == 3
    assert level_at([found(1, 2)], turns[:2], before=0) == 2
    assert level_at([found(1, 2)], turns[:3], before=0) == 2
    assert level_at([found(1, 2)], turns, before=3) == 0


def due(
    findings: Sequence[RiskFinding],
    turns: Sequence[Turn],
    *,
    is_person: bool = False,
    soft: int = 0,
    asked: bool = False,
) -> bool:
    return is_model_due(findings, turns, soft=soft, hard=0, last=0, is_early=is_person, asked=asked)


def test_a_model_is_asked_where_a_rule_calls_after_danger_and_of_a_person_at_first() -> None:
    turns = talk("1", "a", "2", "b", "3", "c", "4", "d", "5", "e")
    assert not due([], turns[:2])
    assert due([], turns[:2], soft=1)
    assert due([], turns[:8], asked=True)
    assert due([], turns[:6], is_person=True)
    assert not due([], turns[:8], is_person=True)
    assert due([found(1, 1)], turns[:8])
    assert not due([found(1, 1)], turns)


def test_each_level_has_its_handling_and_none_where_the_gate_watches() -> None:
    acts = [handling_of(level, RiskMode.ACT, certain=True, at_hand=False) for level in range(4)]
    assert acts == [Handling.NONE, Handling.NOTE, Handling.CARD, Handling.TAKEOVER]
    assert {handling_of(level, RiskMode.WATCH, certain=True, at_hand=False) for level in range(4)} == {
        Handling.NONE
    }


def test_a_suspicion_takes_no_turn_over() -> None:
    acts = [handling_of(level, RiskMode.ACT, certain=False, at_hand=False) for level in range(4)]
    assert acts == [Handling.NONE, Handling.NOTE, Handling.CARD, Handling.CARD]
    assert is_certain(3, hard=3, model=None)
    assert is_certain(3, hard=0, model=3)
    assert not is_certain(3, hard=2, model=None)


def test_who_has_help_at_hand_is_not_told_to_call() -> None:
    acts = [handling_of(level, RiskMode.ACT, certain=True, at_hand=True) for level in range(4)]
    assert acts == [Handling.NONE, Handling.NOTE, Handling.CARD, Handling.CARD]


@pytest.mark.parametrize(
    ("level", "hard", "by_rules", "by_model", "last", "about"),
    [
        (Level(0, False), 0, About.OTHERS, About.NONE, About.SELF, About.NONE),
        # the model has read who is meant, and a soft rule has not
        (Level(2, False), 0, About.OTHERS, About.DRINK, About.NONE, About.DRINK),
        (Level(2, False), 2, About.OTHERS, About.DRINK, About.NONE, About.OTHERS),
        (Level(2, False), 0, About.OTHERS, About.NONE, About.NONE, About.OTHERS),
        # a carried level is of the danger that it is carried from
        (Level(2, True), 0, About.OTHERS, About.NONE, About.DRINK, About.DRINK),
        (Level(2, True), 0, About.OTHERS, About.HARMED, About.DRINK, About.DRINK),
        (Level(1, True), 0, About.NONE, About.NONE, About.NONE, About.SELF),
    ],
)
def test_a_danger_is_of_whom_the_words_that_it_rests_on_say(
    level: Level, hard: int, by_rules: About, by_model: About, last: About, about: About
) -> None:
    assert about_of(level, hard=hard, by_rules=by_rules, by_model=by_model, last=last) is about


def test_danger_and_a_silent_model_are_noted_and_nothing_else() -> None:
    assert not is_worth_noting(found(1, 0, Classifier.OK))
    assert is_worth_noting(found(1, 1))
    assert is_worth_noting(found(1, 0, Classifier.FAILED))


def test_failures_count_from_the_last_turn_back() -> None:
    turns = talk("1", "a", "2", "b", "3", "c")
    failed = [found(at, 0, Classifier.FAILED) for at in (1, 3, 5)]
    assert failures_in_a_row(failed, turns) == 3
    assert failures_in_a_row(failed[1:], turns) == 2
    assert failures_in_a_row(failed[:2], turns) == 0


ASKING = talk(
    "Hello.", "I wish I were gone.", "What happened today?", "Work.", "Do you think of dying?", "No."
)


def when(turns: Sequence[Turn], *findings: RiskFinding) -> tuple[Asked, int | None] | None:
    voiced = voiced_danger(turns, findings, asks=lambda text: "dying?" in text, skills={"Ask plainly"})
    return (voiced.asked, voiced.at) if voiced else None


def test_danger_is_asked_about_at_once_later_or_never() -> None:
    assert when(ASKING) is None
    assert when(ASKING, found(1, 1)) == (Asked.LATER, 4)
    assert when(ASKING[:4], found(1, 1)) == (Asked.NEVER, None)
    assert when(ASKING, found(3, 2)) == (Asked.AT_ONCE, 4)
    assert when(ASKING, found(5, 2)) == (Asked.NO_TURN, None)


def test_a_carried_level_voices_nothing_and_a_fixed_text_asks() -> None:
    assert when(ASKING, found(1, 1, carried=True)) is None
    by_gate = ASKING[2].model_copy(update={"by_gate": True})
    assert when([*ASKING[:2], by_gate], found(1, 3)) == (Asked.AT_ONCE, 2)
