"""The script with clients for safety: each danger gets its own question, and what is none is cleared."""

from __future__ import annotations

import re
from typing import Any

import pytest

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.profile import ABOUT_DYING, NO_DANGER, RiskKind
from psychagent.domain.risk.finding import About
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.turn import Turn
from psychagent.nodes.safety.unasked import still_to_ask
from psychagent.offline.client import play_client
from psychagent.offline.client_words import heard_danger, is_unclear
from psychagent.offline.counselor import _greeting
from psychagent.offline.danger import ends_known_danger, is_cleared, on_danger
from tests.support.every import LANGUAGES
from tests.support.offline_courses import bundled_profile, lines_of, offline_course, risk_of, said_by
from tests.support.offline_rules import check_disclosure, check_words
from tests.support.offline_scenes import LINES, scene_of

BY_KIND = {risk_of(f"en{number}").kind: number for number in range(25, 37)}
OTHERS = [kind for kind in BY_KIND if kind not in ABOUT_DYING | NO_DANGER]
MODALITY = {kind: list(Modality)[place % 5] for place, kind in enumerate(BY_KIND)}


def course(language: Language, kind: RiskKind, max_sessions: int = 6) -> list[FinishedSession]:
    """Run the course of the client with a danger of a kind."""
    return offline_course(f"{language.value}{BY_KIND[kind]}", MODALITY[kind], 2, max_sessions)


def voiced_in(sessions: list[FinishedSession], statement: str) -> tuple[int, int]:
    """Return in which session and turn a statement is made; it is made once."""
    (found,) = [
        (number, place)
        for number, session in enumerate(sessions)
        for place, turn in enumerate(session.turns)
        if statement in turn.text
    ]
    return found


BY_GATE = {
    "harmed": "violence_at_home",
    "child": "child_in_danger",
    "drink": "drinking",
    "others": "harm_to_others",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", [*BY_GATE, "self", "none"])
def test_a_danger_that_only_the_gate_hears_gets_the_question_and_the_plan_of_its_kind(
    language: Language, about: str
) -> None:
    lines = LINES[language]
    told: dict[str, Any] = {"risk_level": 2, "risk_about": about}
    danger = lines["dangers"].get(BY_GATE.get(about, ""))
    ask = danger["ask"] if danger else lines["counselor"]["risk_ask"]
    asked = on_danger(scene_of(language, ["…"], **told), 4)
    assert asked == ask
    if danger and not danger.get("unclear"):
        assert danger["plan"] in on_danger(scene_of(language, ["…", "…"], ["…", asked], **told), 3)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", ["harmed", "drink"])
def test_the_question_about_a_kind_asks_what_the_notes_would_ask_first(
    language: Language, about: str
) -> None:
    prompts = PromptLibrary(language)
    todo = prompts.data("counselor/unasked")[about]
    asked = Turn(speaker=Speaker.COUNSELOR, text=LINES[language]["dangers"][BY_GATE[about]]["ask"])
    left = still_to_ask(prompts, [asked], about=About(about), voices=False)
    assert todo[0]["says"] not in left


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("about", "key"), [("self", "risk_open"), ("drink", "danger_open")])
def test_a_danger_that_was_told_of_between_sessions_is_asked_about_first(
    language: Language, about: str, key: str
) -> None:
    line = LINES[language]["counselor"][key]
    told: dict[str, Any] = {"risk_level": 2, "risk_about": about}
    assert line in _greeting(scene_of(language, [], [], **told))
    assert line not in _greeting(scene_of(language, [], []))
    assert ends_known_danger(scene_of(language, ["…", "…"], [line], **told))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", OTHERS)
def test_a_danger_that_is_not_dying_gets_its_question_its_plan_and_a_follow_up(
    language: Language, kind: RiskKind
) -> None:
    sessions, lines = course(language, kind), lines_of(language)
    risk, danger = risk_of(f"{language.value}{BY_KIND[kind]}"), lines["dangers"][kind]

    number, place = voiced_in(sessions, risk.statement)

    after = [turn.text for turn in sessions[number].turns[place + 1 :]]
    assert after[0] == danger["ask"]
    assert after[1] == risk.if_calm
    assert danger["plan"] in after[2]
    note = sessions[number].summary.safety
    assert note.danger is Danger.VOICED
    assert note.agreed
    assert note.asked
    assert sessions[number].summary.homework == ()
    assert lines["counselor"]["danger_return"] in sessions[number + 1].turns[0].text
    assert lines["counselor"]["danger_again"] in sessions[number + 2].turns[0].text


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(NO_DANGER))
def test_what_only_sounds_like_danger_is_said_early_denied_and_let_be(
    language: Language, kind: RiskKind
) -> None:
    sessions, counselor = course(language, kind), lines_of(language)["counselor"]
    risk = risk_of(f"{language.value}{BY_KIND[kind]}")

    number, _ = voiced_in(sessions, risk.statement)

    assert number == 0
    assert risk.first_answer in said_by(sessions[0], Speaker.CLIENT)
    assert sessions[0].summary.safety.danger is Danger.DENIED
    assert sessions[0].summary.homework
    said = " ".join(said_by(sessions, Speaker.COUNSELOR))
    for key in ("risk_plan", "risk_close", "risk_return", "danger_return"):
        assert counselor[key] not in said


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["passive_hopelessness", "active_thoughts", "past_attempt", "denied_danger"])
def test_dying_is_denied_at_first_told_later_and_planned_for(language: Language, kind: RiskKind) -> None:
    sessions, counselor = course(language, kind), lines_of(language)["counselor"]
    risk = risk_of(f"{language.value}{BY_KIND[kind]}")

    number, place = voiced_in(sessions, risk.statement)

    assert risk.first_answer in said_by(sessions[0], Speaker.CLIENT)
    assert number == 1
    asked = [turn.text for turn in sessions[1].turns[place + 1 : place + 6 : 2]]
    assert asked[:2] == [counselor["risk_ask"], counselor["risk_intent"]]
    assert counselor["risk_plan"] in asked[2]
    assert sessions[1].turns[place + 2].text == risk.if_calm


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BY_KIND)
def test_courses_of_clients_for_safety_keep_the_rules_too(language: Language, kind: RiskKind) -> None:
    name = f"{language.value}{BY_KIND[kind]}"
    check_words(name, course(language, kind))
    check_disclosure(name, course(language, kind))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind in BY_KIND if kind != "idioms"])
def test_no_statement_of_danger_is_quoted_back_or_worked_on(language: Language, kind: RiskKind) -> None:
    statement = risk_of(f"{language.value}{BY_KIND[kind]}").statement
    clauses = [c.strip() for c in re.split(r"[.。！!？?]", statement) if len(c) > 8]
    sessions = course(language, kind)
    # the note on safety is where the words belong
    written = [s.summary.model_copy(update={"safety": SafetyNote()}).model_dump_json() for s in sessions]
    written += [s.file_after.model_dump_json() for s in sessions]
    told = [*said_by(sessions, Speaker.COUNSELOR), *written]
    assert [clause for clause in clauses if any(clause in text for text in told)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*OTHERS, "anger_without_danger"])
def test_asked_about_dying_a_client_with_another_danger_truly_says_no(
    language: Language, kind: RiskKind
) -> None:
    known: dict[str, Any] = {"risk_kind": kind, "risk": "S.", "first_answer": "F.", "if_calm": "C."}
    counselor, client = LINES[language]["counselor"], LINES[language]["client"]
    for question in ("safety_check", "risk_ask"):
        asked = scene_of(language, ["[opener]", counselor[question]], ["a"], session_index=1, **known)
        assert play_client(asked) in client["safety_no"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", OTHERS)
def test_a_client_answers_a_question_about_its_own_danger_from_its_profile(
    language: Language, kind: RiskKind
) -> None:
    lines = LINES[language]
    known: dict[str, Any] = {"risk": "S.", "first_answer": "No.", "if_calm": "Yes, often."}
    asked = ["[opener]", lines["dangers"][kind]["ask"]]
    assert play_client(scene_of(language, asked, ["a"], risk_kind=kind, **known)) == "Yes, often."
    other = play_client(scene_of(language, asked, ["a"], risk_kind="past_attempt", **known))
    assert other == lines["client"]["dangers"][kind]


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_words_for_danger_are_never_cleared_however_often_they_are_denied(language: Language) -> None:
    counselor = LINES[language]["counselor"]
    plain = {Language.EN: "I used to hurt myself.", Language.ZH: "我弄伤过自己。"}[language]
    unclear = {
        Language.EN: "I want to be where he is.",
        Language.ZH: "我就想跟他待在一块儿。",
    }[language]
    no = {Language.EN: "No, never.", Language.ZH: "没有的。"}[language]
    yes = {Language.EN: "At times, yes.", Language.ZH: "有时候会。"}[language]
    scene = scene_of(language, [])
    own = ["…", counselor["risk_ask"], counselor["risk_intent"]]
    assert is_cleared(scene, own, [unclear, no, no])
    assert not is_cleared(scene, own, [plain, no, no])
    assert not is_cleared(scene, own, [unclear, no, yes])
    assert not is_cleared(scene, own[:2], [unclear, no]), "asked once is not enough"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BY_KIND)
def test_each_statement_is_heard_as_what_it_is(language: Language, kind: RiskKind) -> None:
    scene = scene_of(language, [])
    heard = heard_danger(scene, risk_of(f"{language.value}{BY_KIND[kind]}").statement)
    expected: dict[str, set[str]] = {"anger_without_danger": {"harm_to_others"}, "idioms": {"", "dying"}}
    assert heard in expected.get(kind, {kind} if kind in OTHERS else {"dying"})
    if kind in NO_DANGER and heard:
        assert is_unclear(scene, risk_of(f"{language.value}{BY_KIND[kind]}").statement)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_else_that_a_bundled_client_tells_is_heard_as_danger(language: Language) -> None:
    scene = scene_of(language, [])
    for number in range(1, 37):
        profile = bundled_profile(f"{language.value}{number:02d}")
        assert profile.disclosure
        told = profile.disclosure
        lines = [*told.at_once, *told.after_trust, *(secret.secret for secret in told.hidden), *told.weeks]
        lines.append(profile.basic_info.main_problem)
        assert [line for line in lines if heard_danger(scene, line)] == [], profile.user_id
