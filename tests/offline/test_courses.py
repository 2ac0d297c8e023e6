"""Offline courses read by rules: what a clinician would wince at is a failure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.safety import SafetyNote
from psychagent.offline.client_words import leaves
from tests.support.every import LANGUAGES
from tests.support.offline_courses import AT_RISK, lines_of, offline_course, risk_of, said_by
from tests.support.offline_rules import check_disclosure, check_words

pytestmark = pytest.mark.slow

_QUOTED = re.compile(r"“[^“”]*”")
SAMPLED = [
    (f"{language}{number:02d}", list(Modality)[number % 5], number)
    for language, numbers in (("en", (1, 2, 6, 8, 10, 15, 19, 22)), ("zh", (1, 3, 5, 9, 11, 16, 18, 23)))
    for number in numbers
]
RISKY = [(name, modality, place) for place, name in enumerate(AT_RISK) for modality in Modality]
OTHER_SEEDS = [(name, list(Modality)[place % 5], 11) for place, name in enumerate(AT_RISK)]


def language_of(name: str) -> Language:
    return Language(name[:2])


@pytest.fixture(params=SAMPLED, ids=lambda row: f"{row[0]}-{row[1].value}")
def sampled(request: pytest.FixtureRequest) -> tuple[str, list[FinishedSession]]:
    """A whole course of a client without a risk."""
    name, modality, seed = request.param
    return name, offline_course(name, modality, seed)


@pytest.fixture(params=RISKY + OTHER_SEEDS, ids=lambda row: f"{row[0]}-{row[1].value}-{row[2]}")
def risky(request: pytest.FixtureRequest) -> tuple[str, list[FinishedSession]]:
    """A course of three sessions of a client with a risk."""
    name, modality, seed = request.param
    return name, offline_course(name, modality, seed, 4)


def test_sessions_keep_their_length_and_repeat_nothing(sampled: tuple[str, list[FinishedSession]]) -> None:
    check_words(*sampled)


def test_a_client_tells_each_thing_once_in_a_course(sampled: tuple[str, list[FinishedSession]]) -> None:
    check_disclosure(*sampled)


def test_a_course_moves_through_the_stages_and_ends(sampled: tuple[str, list[FinishedSession]]) -> None:
    _, sessions = sampled
    ranks = [session.plan.stage.rank for session in sessions]
    assert len(sessions) >= 4
    assert ranks == sorted(ranks)
    assert {s.plan.stage for s in sessions} == set(Stage) - {Stage.TERMINATION}
    assert sessions[-1].summary.next_session_plan.stage is Stage.TERMINATION
    assert not any(session.corrections for session in sessions)


def test_the_course_ends_with_a_farewell_and_every_other_session_with_a_goodbye(
    sampled: tuple[str, list[FinishedSession]],
) -> None:
    name, sessions = sampled
    lines = lines_of(language_of(name))["counselor"]
    *earlier, last = [said_by(session, Speaker.COUNSELOR)[-1] for session in sessions]
    assert last == lines["farewell"]
    assert all(text in lines["goodbye"] for text in earlier)


def test_the_last_meeting_is_called_the_last_at_its_beginning_and_no_other_is(
    sampled: tuple[str, list[FinishedSession]],
) -> None:
    name, sessions = sampled
    last = lines_of(language_of(name))["counselor"]["greet_last"]
    assert [last in session.turns[0].text for session in sessions] == [False] * (len(sessions) - 1) + [True]


def test_parting_is_asked_about_at_most_once_and_only_in_the_last_meeting(
    sampled: tuple[str, list[FinishedSession]],
) -> None:
    name, sessions = sampled
    lead = lines_of(language_of(name))["counselor"]["before_parting"]
    asked = [sum(lead in text for text in said_by(session, Speaker.COUNSELOR)) for session in sessions]
    assert not any(asked[:-1])
    assert asked[-1] <= 1


def test_each_later_session_takes_up_the_last_one(sampled: tuple[str, list[FinishedSession]]) -> None:
    name, sessions = sampled
    lines = lines_of(language_of(name))["counselor"]
    bare = [line for kind in ("heavy", "change", "even") for line in lines[f"link_{kind}"]]
    for before, session in zip(sessions, sessions[1:], strict=False):
        greeting = session.turns[0].text
        for task in before.summary.homework:
            assert task in greeting
        quoted = _QUOTED.findall(_without(greeting, before.summary.homework))
        assert quoted or any(link in greeting for link in bare), (
            "the greeting should take up the last session"
        )
        assert all(quote in before.summary.session_summary_abstract for quote in quoted)


def _without(text: str, parts: Sequence[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text


def test_homework_is_answered_when_it_is_asked_about(sampled: tuple[str, list[FinishedSession]]) -> None:
    name, sessions = sampled
    replies = list(leaves(lines_of(language_of(name))["client"]["homework"]))
    for before, session in zip(sessions, sessions[1:], strict=False):
        if before.summary.homework:
            assert session.turns[1].text in replies


def test_homework_is_not_the_same_twice_running(sampled: tuple[str, list[FinishedSession]]) -> None:
    name, sessions = sampled
    close = lines_of(language_of(name))["counselor"]["heavy_close"]
    tasks = [session.summary.homework for session in sessions]
    for session, task in zip(sessions, tasks, strict=True):
        words = " ".join(said_by(session, Speaker.COUNSELOR))
        assert task or close in words or session is sessions[-1], "only a heavy session sets nothing to do"
    assert all(one != other for one, other in zip(tasks, tasks[1:], strict=False) if one)


def test_nobody_without_a_risk_is_asked_about_dying(sampled: tuple[str, list[FinishedSession]]) -> None:
    name, sessions = sampled
    lines = lines_of(language_of(name))["counselor"]
    said = said_by(sessions, Speaker.COUNSELOR)
    for question in ("risk_ask", "risk_intent", "risk_plan", "risk_last", "risk_return", "risk_again"):
        assert not any(lines[question] in text for text in said)


def test_a_voiced_risk_is_asked_about_at_once_and_then_planned_for(
    risky: tuple[str, list[FinishedSession]],
) -> None:
    name, sessions = risky
    lines, statement = lines_of(language_of(name))["counselor"], risk_of(name).statement
    voiced = [
        (session, place)
        for session in sessions
        for place, turn in enumerate(session.turns)
        if statement in turn.text
    ]
    assert len(voiced) == 1, "the risk is voiced, and once"
    session, place = voiced[0]
    asked = [turn.text for turn in session.turns[place + 1 : place + 6 : 2]]
    assert asked[0] == lines["risk_ask"]
    assert asked[1] == lines["risk_intent"]
    assert lines["risk_plan"] in asked[2]
    assert sum(lines["risk_ask"] in turn.text for turn in session.turns) == 1


def test_a_risk_comes_back_first_thing_in_the_next_session(risky: tuple[str, list[FinishedSession]]) -> None:
    name, sessions = risky
    language, statement = language_of(name), risk_of(name).statement
    counselor, client = lines_of(language)["counselor"], lines_of(language)["client"]
    at = next(n for n, s in enumerate(sessions) if any(statement in t.text for t in s.turns))
    kind = "risk_past" if risk_of(name).kind == "past_self_harm" else "risk"
    assert lines_of(language)["reflector"][kind].strip() in sessions[at].summary.session_summary_abstract
    following = sessions[at + 1]
    assert counselor[f"{kind}_return"] in following.turns[0].text
    assert following.turns[1].text in client[f"{kind}_update"]
    after = [turn.text for turn in following.turns[2:5:2]]
    assert any(text.startswith(tuple(counselor["risk_heard"])) for text in after), "the answer is heard"


def test_a_risk_is_neither_quoted_back_nor_made_a_topic_for_homework(
    risky: tuple[str, list[FinishedSession]],
) -> None:
    name, sessions = risky
    clauses = [c for c in re.split(r"[.。！!？?]", risk_of(name).statement) if len(c) > 8]
    spoken = said_by(sessions, Speaker.COUNSELOR)
    # the note on safety is where the words belong
    written = [s.summary.model_copy(update={"safety": SafetyNote()}).model_dump_json() for s in sessions]
    written += [s.file_after.model_dump_json() for s in sessions]
    assert not [c for c in clauses for text in spoken + written if c.strip() in text]
    voiced = next(s for s in sessions if any(risk_of(name).statement in t.text for t in s.turns))
    assert voiced.summary.homework == ()


def test_courses_with_a_risk_keep_the_rules_too(risky: tuple[str, list[FinishedSession]]) -> None:
    name, sessions = risky
    check_words(name, sessions)
    check_disclosure(name, sessions)


@pytest.mark.parametrize("name", ["en07", "zh20"])
def test_safety_is_asked_about_in_every_session_that_follows(name: str) -> None:
    sessions = offline_course(name, Modality.CBT, 3)
    lines = lines_of(language_of(name))["counselor"]
    first = next(n for n, s in enumerate(sessions) if any(lines["risk_ask"] in t.text for t in s.turns))
    openings = [session.turns[0].text for session in sessions[first + 1 :]]
    first_question = "risk_past_return" if risk_of(name).kind == "past_self_harm" else "risk_return"
    assert lines[first_question] in openings[0]
    assert all(lines["risk_again"] in text for text in openings[1:])
    assert lines["risk_farewell"] in said_by(sessions[-1], Speaker.COUNSELOR)[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_courses_differ_by_profile_seed_and_modality(language: Language) -> None:
    name = f"{language.value}01"
    one = said_by(offline_course(name, Modality.BT, 1), Speaker.COUNSELOR)
    assert one != said_by(offline_course(name, Modality.BT, 2), Speaker.COUNSELOR)
    assert one != said_by(offline_course(name, Modality.PDT, 1), Speaker.COUNSELOR)
    other = offline_course(f"{language.value}03", Modality.BT, 1)
    shared = set(said_by(offline_course(name, Modality.BT, 1), Speaker.CLIENT)) & set(
        said_by(other, Speaker.CLIENT)
    )
    assert len(shared) < 8, "clients should not speak alike"
