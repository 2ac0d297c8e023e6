"""When a turn calls for skills for danger: voiced, due to be asked about, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.domain.risk.danger import (
    STAYS_OPEN,
    Alarm,
    lately_said,
    open_danger,
    own_death_unasked,
    sound_alarm,
)
from psychagent.domain.risk.finding import About, RiskFinding
from psychagent.domain.turn import Rewrite, Turn
from psychagent.safety.rules import load_rules
from psychagent.skills.bench.gold import gold_file, load_gold, load_rewrites, rewrites_file
from psychagent.skills.library import SkillLibrary


def asks(text: str = "And then?", *, danger: bool = False) -> Turn:
    return Turn(speaker=Speaker.COUNSELOR, text=text, rewrite=Rewrite(trigger="t", danger=danger))


def says(text: str = "It was an ordinary week.") -> Turn:
    return Turn(speaker=Speaker.CLIENT, text=text)


def alarm(turns: Sequence[Turn], **over: Any) -> Alarm:
    given: dict[str, Any] = {
        "voices": lambda text: "kill myself" in text.lower(),
        "asks": lambda text: "suicide" in text and "?" in text,
        "skills": {"Ask directly"},
        "now": False,
        "carried": False,
        "session_index": 2,
        "max_turns": 8,
    }
    return sound_alarm(turns, **(given | over))


@pytest.mark.parametrize(
    ("about", "due"),
    [
        (About.CHILD, True),
        (About.HARMED, True),
        (About.OTHERS, True),
        (About.DRINK, True),
        (About.SELF, False),
        (About.NONE, False),
    ],
)
def test_own_death_is_to_be_asked_about_where_a_child_or_another_is_in_danger(
    about: About, due: bool
) -> None:
    def asks_self(text: str) -> bool:
        return "dying" in text

    assert own_death_unasked([asks("Is she hurt?"), says()], now=about, asks=asks_self) is due
    assert not own_death_unasked([asks("Do you think of dying?"), says()], now=about, asks=asks_self)


def test_without_danger_no_skill_for_it_is_called_for() -> None:
    assert alarm([asks(), says()]) is Alarm.NONE


def test_what_the_model_hears_is_voiced() -> None:
    assert alarm([asks(), says()], now=True) is Alarm.VOICED


def test_plain_words_are_voiced_even_if_the_model_missed_them() -> None:
    assert alarm([asks(), says("I will KILL MYSELF one day.")], now=False) is Alarm.VOICED


def test_the_counselors_own_words_are_not_the_clients_danger() -> None:
    assert alarm([asks("Do you think that you might kill myself?"), says()]) is Alarm.NONE


@pytest.mark.parametrize("voiced", ["words", "model"])
def test_once_voiced_danger_stays_open_for_the_next_turns_and_no_longer(voiced: str) -> None:
    words = voiced == "words"
    turns = [asks(), says("I could kill myself." if words else "I am so tired."), asks(danger=not words)]
    open_for = 0
    for _ in range(10):
        turns.append(says())
        if alarm(turns) is not Alarm.VOICED:
            break
        open_for += 1
        turns.append(asks())
    # the turn that answered it is one of them
    assert open_for + 1 == STAYS_OPEN


def talk(spoken: int, *, last: str = "And then?") -> list[Turn]:
    """Make a dialogue of some counselor turns, the opening among them."""
    opening = asks("What you say stays here, unless there is a danger of suicide.")
    return [opening, says(), *[turn for _ in range(spoken - 1) for turn in (asks(last), says())]]


@pytest.mark.parametrize(("spoken", "due"), [(1, False), (3, False), (4, True), (7, True)])
def test_a_first_session_is_due_to_ask_from_its_middle_on(spoken: int, due: bool) -> None:
    assert (alarm(talk(spoken), session_index=1) is Alarm.DUE) is due


def test_what_was_asked_is_not_due_again() -> None:
    asked = [*talk(3), asks("Have you had thoughts of suicide?"), says("No.")]
    assert alarm([*asked, *talk(2)[2:]], session_index=1) is Alarm.NONE


def test_the_limit_of_confidentiality_at_the_opening_is_no_question() -> None:
    assert alarm(talk(5), session_index=1) is Alarm.DUE


@pytest.mark.parametrize(("spoken", "due"), [(1, True), (3, True), (4, False)])
def test_a_danger_of_an_earlier_session_is_due_in_the_first_half(spoken: int, due: bool) -> None:
    assert (alarm(talk(spoken), carried=True) is Alarm.DUE) is due


def test_an_opening_has_no_place_for_the_question() -> None:
    assert alarm([], carried=True) is Alarm.NONE


def test_a_later_session_without_a_note_is_not_due() -> None:
    assert alarm(talk(6)) is Alarm.NONE


@pytest.mark.parametrize("language", list(Language))
def test_the_bundled_rules_raise_no_alarm_at_a_gold_moment_without_danger(language: Language) -> None:
    rules, path = load_rules(language), gold_file(language)
    moments = load_gold(path, SkillLibrary(language))
    rewrites = load_rewrites(rewrites_file(path), moments)
    false = [
        moment.id
        for moment in moments
        if not rewrites[moment.id].danger
        and any(
            rules.voices(turn.text, judged=True) for turn in moment.turns if turn.speaker is Speaker.CLIENT
        )
    ]
    assert false == []


SPOKEN = {
    Language.EN: [
        "Some nights I think about suicide.",
        "They'd be better off without me.",
        "I hurt myself again.",
    ],
    Language.ZH: ["我有时候真不想活了。", "活着没意思。", "昨晚我又割自己了。"],
}
HARMLESS = {
    Language.EN: [
        "It beats me.",
        "I could kill him sometimes, he never does the dishes.",
        "I'm dying to go.",
    ],
    Language.ZH: ["这几天累死我了。", "想死你们了。", "他打我电话我没接。", "这事没意思。"],
}


@pytest.mark.parametrize("language", list(Language))
def test_plain_danger_is_heard_and_a_figure_of_speech_is_not(language: Language) -> None:
    rules = load_rules(language)
    assert all(rules.voices(text, judged=False) for text in SPOKEN[language])
    assert not [text for text in HARMLESS[language] if rules.voices(text, judged=False)]


def found(turn: int, about: About, level: int = 2, *, carried: bool = False) -> RiskFinding:
    return RiskFinding(turn=turn, level=level, about=about, carried=carried)


def test_the_danger_that_is_open_is_that_of_the_last_words_that_told_of_one() -> None:
    findings = [found(1, About.SELF), found(3, About.HARMED, 1)]
    assert open_danger(findings, talk(2), before=About.NONE) is About.HARMED


def test_a_turn_that_only_carries_a_level_does_not_change_whose_danger_it_is() -> None:
    findings = [found(1, About.HARMED), found(3, About.SELF, 1, carried=True)]
    assert open_danger(findings, talk(2), before=About.NONE) is About.HARMED


def test_whose_danger_an_earlier_session_left_open_is_not_guessed() -> None:
    assert open_danger([found(1, About.SELF, carried=True)], talk(1), before=About.NONE) is About.NONE


def test_a_danger_long_past_is_not_the_one_that_is_open() -> None:
    findings = [found(1, About.SELF)]
    open_for = sum(
        open_danger(findings, talk(spoken), before=About.NONE) is About.SELF for spoken in range(1, 12)
    )
    assert open_for == STAYS_OPEN


def test_a_model_that_failed_says_nothing_of_whose_danger_it_is() -> None:
    findings = [found(1, About.OTHERS), found(3, About.NONE, 0)]
    assert open_danger(findings, talk(2), before=About.NONE) is About.OTHERS


def test_what_was_lately_said_is_the_clients_and_holds_what_a_yes_answers() -> None:
    turns = [asks("Hello."), says("Long ago."), *talk(3)[2:], asks("Does he hit you?"), says("Yes.")]
    assert lately_said(turns) == "It was an ordinary week.\nIt was an ordinary week.\nYes."


def test_the_kind_of_a_danger_is_carried_into_the_next_session() -> None:
    assert open_danger([], talk(1), before=About.HARMED) is About.HARMED
    assert open_danger([found(1, About.SELF, carried=True)], talk(1), before=About.HARMED) is About.HARMED
    assert open_danger([found(1, About.OTHERS)], talk(1), before=About.HARMED) is About.OTHERS
    assert open_danger([], talk(9), before=About.HARMED) is About.NONE
