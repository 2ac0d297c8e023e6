"""A client knows of itself, in each session, only as much as it can say by then."""

from __future__ import annotations

import itertools

import pytest

from psychagent.assets.profiles import find_profile, make_case
from psychagent.domain.base import Language, Modality
from psychagent.domain.client_view import (
    HOMEWORK_STATES,
    ClientView,
    hidden_now,
    homework_status,
    open_lines,
    view_client,
)
from psychagent.domain.memory import Memory
from psychagent.domain.profile import BasicInfo, Case, Disclosure, Profile, Secret, StaticTraits, Theory
from psychagent.domain.tokens import estimate_tokens
from tests.support.memory_parts import memory

LATE = 12


def told(resistance: int, *, at_once: int = 6, trusted: int = 7) -> Disclosure:
    return Disclosure(
        resistance=resistance,
        at_once=tuple(f"At once I say thing number {n}." for n in range(at_once)),
        after_trust=tuple(f"With trust I say thing number {n}." for n in range(trusted)),
        hidden=(Secret(secret="first", opened_by="care"), Secret(secret="second", opened_by="time")),
    )


def bundled(name: str, modality: Modality = Modality.CBT) -> Case:
    language = Language(name[:2])
    return make_case(find_profile(name, language), modality, language)


def view(case: Case, session_index: int = 1, held: Memory | None = None, seed: int = 1) -> ClientView:
    return view_client(case, held or Memory(), session_index=session_index, seed=seed)


@pytest.mark.parametrize("resistance", range(1, 6))
def test_every_line_opens_once_and_in_order(resistance: int) -> None:
    disclosure = told(resistance)
    at_once, trusted = list[str](), list[str]()
    for session in range(1, LATE):
        now, later = open_lines(disclosure, session)
        at_once += now
        trusted += later
    assert tuple(at_once) == disclosure.at_once
    assert tuple(trusted) == disclosure.after_trust


@pytest.mark.parametrize(("open_one", "closed_one"), list(itertools.combinations(range(1, 6), 2)))
def test_the_more_a_client_resists_the_less_it_opens(open_one: int, closed_one: int) -> None:
    def opened(resistance: int, sessions: int) -> int:
        lines = [open_lines(told(resistance), n) for n in range(1, sessions + 1)]
        return sum(len(a) + len(b) for a, b in lines)

    assert all(opened(open_one, n) >= opened(closed_one, n) for n in range(1, LATE))


def test_a_resistant_client_has_nothing_that_needs_trust_in_a_first_session() -> None:
    assert open_lines(told(5), 1)[1] == ()
    assert open_lines(told(1), 1)[1] != ()


def test_a_first_meeting_with_long_lines_keeps_some_for_the_second() -> None:
    long = Disclosure(resistance=1, at_once=tuple(f"{n} " + "and then I went on " * 14 for n in range(6)))
    first, _ = open_lines(long, 1)
    assert 1 <= len(first) < 6
    assert len(first) + len(open_lines(long, 2)[0]) == 6


def test_what_is_hidden_is_not_known_in_the_first_session_and_comes_one_at_a_time() -> None:
    assert hidden_now(told(2), 1) == ()
    assert [s.secret for s in hidden_now(told(2), 2)] == ["first"]
    assert [s.secret for s in hidden_now(told(2), 3)] == ["first"]
    assert [s.secret for s in hidden_now(told(2), 4)] == ["second"]


def test_homework_is_drawn_the_same_way_every_time() -> None:
    assert [homework_status(0.5, seed) for seed in range(50)] == [homework_status(0.5, s) for s in range(50)]


def test_a_client_that_likes_homework_does_it_more_often() -> None:
    def done(likelihood: float) -> int:
        return sum(homework_status(likelihood, seed) == "done" for seed in range(400))

    assert done(0.0) == 0
    assert done(0.2) < done(0.5) < done(0.9)
    assert {homework_status(0.5, seed) for seed in range(50)} == set(HOMEWORK_STATES)
    assert all(homework_status(0.0, seed) == "not done" for seed in range(50))


def test_the_view_says_who_the_client_is_and_what_brings_it() -> None:
    case = bundled("en07")
    seen = view(case)
    assert seen.name == "Ruth Abelson"
    assert "72" in seen.traits
    assert seen.problem == case.profile.basic_info.main_problem
    assert seen.at_once[0].startswith("It was on the ninth of January")
    assert seen.risk


def test_theory_is_given_under_the_modality_of_the_case() -> None:
    views = {view(bundled("en07", modality)).patterns for modality in Modality}
    assert len(views) == len(Modality)
    assert all(views)


def test_what_could_be_told_before_is_true_but_not_new() -> None:
    case = bundled("en07")
    assert view(case).earlier == ()
    for session in range(2, 6):
        now, before = view(case, session), view(case, session - 1)
        fresh = {*now.at_once, *now.trusted}
        assert not fresh & set(now.earlier)
        assert set(now.earlier) <= {*before.at_once, *before.trusted, *before.earlier}
        assert set(now.earlier) & {*before.at_once, *before.trusted} or not before.trusted


def test_what_was_told_before_takes_a_bounded_part_of_the_prompt() -> None:
    long = told(2).model_copy(update={"after_trust": tuple(f"{n} " + "and so on " * 60 for n in range(40))})
    case = bundled("en07")
    profile = case.profile.model_copy(update={"disclosure": long})
    late = view(case.model_copy(update={"profile": profile}), 12)
    assert late.earlier
    assert estimate_tokens(" ".join(late.earlier)) <= 260


def test_a_client_remembers_the_last_session_and_its_homework() -> None:
    seen = view(bundled("en07"), 3, memory(2, homework=1))
    assert len(seen.remembered) == 1
    assert seen.remembered[0].startswith("s2-abstract")
    assert seen.homework[0].startswith("task0")
    assert view(bundled("en07")).remembered == ()


def test_a_profile_without_disclosure_shows_what_it_lived_through() -> None:
    info = BasicInfo(
        static_traits=StaticTraits(name="Ann"),
        main_problem="I do not sleep.",
        growth_experiences=("A fire.",),
    )
    theory = find_profile("en07", Language.EN).theory
    bare = Profile(user_id="x", basic_info=info, theory=theory)
    seen = view(Case(case_id="x", modality=Modality.BT, language=Language.EN, profile=bare))
    assert seen.background == "A fire."
    assert (seen.at_once, seen.trusted, seen.secrets, seen.risk) == ((), (), (), "")
    assert view(bundled("en07")).background == ""


def test_a_missing_theory_block_leaves_the_patterns_empty() -> None:
    profile = find_profile("en07", Language.EN).model_copy(update={"theory": Theory()})
    seen = view(Case(case_id="x", modality=Modality.BT, language=Language.EN, profile=profile))
    assert seen.patterns == ""


def test_long_texts_of_a_foreign_profile_are_shortened() -> None:
    info = BasicInfo(
        static_traits=StaticTraits(name="Ann", family_status="x " * 900, language_features="y " * 900),
        main_problem="z " * 900,
        core_demands="w " * 900,
        growth_experiences=("v " * 900,),
    )
    profile = Profile(user_id="x", basic_info=info, theory=find_profile("en07", Language.EN).theory)
    seen = view(Case(case_id="x", modality=Modality.BT, language=Language.EN, profile=profile))
    texts = (seen.traits, seen.problem, seen.demands, seen.background, seen.patterns)
    assert sum(estimate_tokens(text) for text in texts) < 400
