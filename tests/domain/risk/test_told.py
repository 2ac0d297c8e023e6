"""What told danger means for the choice: a veto where nobody asked, a disclosure where it is the client's."""

from __future__ import annotations

import pytest

from psychagent.assets.profiles import find_profile
from psychagent.domain.base import Language, Speaker
from psychagent.domain.risk.finding import About, RiskFinding
from psychagent.domain.risk.told import Told, hear_told, may_carry_danger
from psychagent.domain.turn import Thoughts, Turn

QUESTION = "Are you thinking of suicide?"
PLAIN = "How was your week?"


def talk(*lines: str) -> tuple[Turn, ...]:
    """Make a session: the counselor begins, and both speak in turn."""
    return tuple(
        Turn(speaker=Speaker.CLIENT if at % 2 else Speaker.COUNSELOR, text=text)
        for at, text in enumerate(lines)
    )


def told(
    turns: tuple[Turn, ...],
    *at: int,
    about: About = About.SELF,
    carried: bool = False,
    may_carry: bool = True,
) -> Told:
    findings = [RiskFinding(turn=turn, level=2, about=about, carried=carried) for turn in at]
    return hear_told(
        turns,
        findings,
        asks=lambda words: "suicide" in words,
        skills={"Ask about danger"},
        may_carry=may_carry,
    )


def test_danger_that_the_next_turn_asks_about_is_told_and_no_fault() -> None:
    assert told(talk(PLAIN, "I want to die", QUESTION, "Yes"), 1) == Told("", True)


def test_a_skill_for_danger_or_the_text_of_the_gate_counts_as_asking() -> None:
    before, after = talk(PLAIN, "I want to die"), talk(PLAIN, "Yes")
    using = Turn(
        speaker=Speaker.COUNSELOR, text="I hear you.", thoughts=Thoughts(skill=("Ask about danger",))
    )
    gate = Turn(speaker=Speaker.COUNSELOR, text="Call now.", by_gate=True)
    assert told((*before, using, *after), 1) == told((*before, gate, *after), 1) == Told("", True)


def test_danger_that_no_turn_asks_about_is_a_fault_with_its_turn() -> None:
    assert told(talk(PLAIN, "Fine", PLAIN, "I want to die", PLAIN), 3).unasked == (
        "danger voiced in turn 3 was not asked about"
    )


def test_a_question_that_comes_later_is_a_fault_too() -> None:
    assert told(talk(PLAIN, "I want to die", PLAIN, "Well", QUESTION), 1).unasked == (
        "danger voiced in turn 1 was not asked about before turn 4"
    )


def test_a_question_before_it_was_voiced_is_no_answer_to_it() -> None:
    assert told(talk(PLAIN, "Fine", QUESTION, "I want to die", PLAIN), 3).unasked


def test_a_clients_last_words_are_no_fault_of_the_counselor() -> None:
    assert told(talk(PLAIN, "Fine", PLAIN, "I want to die"), 3) == Told("", True)


def test_a_level_that_is_only_carried_on_means_nothing() -> None:
    assert told(talk(PLAIN, "Thank you", PLAIN), 1, carried=True) == Told()


def test_a_yes_to_the_question_of_a_client_that_carries_no_danger_is_no_disclosure() -> None:
    prompted = talk(PLAIN, "Fine", QUESTION, "Yes, I want to die", QUESTION)
    assert told(prompted, 3, may_carry=False) == Told("", False)
    assert told(prompted, 3, may_carry=True) == Told("", True)


def test_what_a_client_says_before_any_question_is_its_own_whatever_its_profile_holds() -> None:
    assert told(talk(PLAIN, "I want to die", QUESTION), 1, may_carry=False).disclosed


def test_the_opening_names_danger_as_a_limit_and_does_not_prompt() -> None:
    assert told(talk(QUESTION, "I want to die", QUESTION), 1, may_carry=False).disclosed


@pytest.mark.parametrize("about", [About.OTHERS, About.HARMED])
def test_harm_from_or_to_others_stands_in_no_profile_and_is_not_doubted(about: About) -> None:
    prompted = talk(PLAIN, "Fine", QUESTION, "He hits me", QUESTION)
    assert told(prompted, 3, about=about, may_carry=False).disclosed


def test_a_profile_that_tells_how_it_opens_up_and_names_no_danger_carries_none() -> None:
    with_risk, without = (find_profile(name, Language.EN) for name in ("en07", "en03"))
    assert without.disclosure
    assert may_carry_danger(with_risk)
    assert not may_carry_danger(without)
    assert may_carry_danger(without.model_copy(update={"disclosure": None}))
