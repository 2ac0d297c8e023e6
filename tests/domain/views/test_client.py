"""A client knows of itself, in each session, all facts, and as much as it can say by then."""

from __future__ import annotations

import pytest

from psychagent.assets.profiles import find_profile, make_case
from psychagent.domain.base import Language, Modality
from psychagent.domain.client_memory import Recall
from psychagent.domain.memory import Memory
from psychagent.domain.profile import (
    NO_DANGER,
    BasicInfo,
    Case,
    Disclosure,
    Profile,
    Risk,
    RiskKind,
    Secret,
    StaticTraits,
    Theory,
)
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.views.client import (
    HOMEWORK_STATES,
    ClientView,
    at_once_now,
    hidden_now,
    homework_status,
    trusted_now,
    view_client,
    week_before,
)
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


def view(
    case: Case,
    session_index: int = 1,
    held: Memory | None = None,
    seed: int = 1,
    recalls: tuple[Recall, ...] = (),
) -> ClientView:
    return view_client(case, held or Memory(), recalls, session_index=session_index, seed=seed)


def disclosing(disclosure: Disclosure) -> Case:
    case = bundled("en07")
    return case.model_copy(update={"profile": case.profile.model_copy(update={"disclosure": disclosure})})


@pytest.mark.parametrize("resistance", range(1, 6))
def test_a_client_that_tells_all_it_can_tells_every_line_once_and_in_order(resistance: int) -> None:
    disclosure, said = told(resistance), list[str]()
    for session in range(1, LATE):
        said += at_once_now(disclosure, said, room=None)
        said += trusted_now(disclosure, said, session)
    assert tuple(line for line in said if "At once" in line) == disclosure.at_once
    assert tuple(line for line in said if "trust" in line) == disclosure.after_trust


@pytest.mark.parametrize("resistance", range(1, 6))
def test_a_line_that_was_not_told_stays_open(resistance: int) -> None:
    disclosure = told(resistance)
    for session in range(1, LATE):
        assert trusted_now(disclosure, (), session)[0] == disclosure.after_trust[0]
        assert at_once_now(disclosure, (), room=None)[0] == disclosure.at_once[0]


@pytest.mark.parametrize("resistance", range(1, 6))
def test_a_first_session_has_one_line_that_needs_trust_and_later_ones_a_bounded_number(
    resistance: int,
) -> None:
    disclosure = told(resistance, trusted=30)
    assert len(trusted_now(disclosure, (), 1)) == 1
    assert all(len(trusted_now(disclosure, (), n)) <= 4 for n in range(2, LATE))


def test_the_more_a_client_resists_the_less_it_opens() -> None:
    opened = [
        [
            len(trusted_now(told(r, trusted=30), (), n)) + len(at_once_now(told(r), (), room=None))
            for n in (2, 3)
        ]
        for r in range(1, 6)
    ]
    assert opened == sorted(opened, reverse=True)
    assert opened[0] > opened[-1]


def test_where_facts_take_the_room_some_lines_wait_and_never_all() -> None:
    disclosure = told(1)
    assert at_once_now(disclosure, (), room=1000) == disclosure.at_once
    assert at_once_now(disclosure, (), room=36) == disclosure.at_once[:4]
    assert at_once_now(disclosure, (), room=-500) == disclosure.at_once[:3]


def test_what_is_hidden_is_not_known_in_the_first_session_and_gone_once_it_was_told() -> None:
    assert hidden_now(told(2), (), 1) == ()
    assert [s.secret for s in hidden_now(told(2), (), 2)] == ["first"]
    assert [s.secret for s in hidden_now(told(2), (), 4)] == ["first", "second"]
    assert [s.secret for s in hidden_now(told(2), ("first",), 4)] == ["second"]


def test_a_week_brings_one_event_a_session_and_then_no_more() -> None:
    weeks = told(2).model_copy(update={"weeks": ("The boiler broke.", "I slept badly.")})
    assert [week_before(weeks, n) for n in range(1, 5)] == ["", "The boiler broke.", "I slept badly.", ""]


def test_an_excuse_is_given_only_for_homework_left_undone() -> None:
    case = disclosing(told(2).model_copy(update={"homework_excuse": "No paper.", "homework_likelihood": 0.5}))
    seen = {v.homework_status: v.excuse for v in (view(case, 2, memory(1), seed) for seed in range(50))}
    assert seen == {"done": "", "partly done": "No paper.", "not done": "No paper."}


def test_what_is_true_of_danger_is_known_and_a_client_without_any_says_no() -> None:
    risk = Risk(kind="past_self_harm", statement="S.", first_answer="F.", if_calm="C.", facts="T.")
    seen = view(disclosing(told(2).model_copy(update={"risk": risk})))
    assert (seen.risk, seen.first_answer, seen.if_calm, seen.risk_facts) == ("S.", "F.", "C.", "T.")
    assert not seen.denies_risk
    told_it = (Recall(session_index=1, told=("S.",)),)
    later = view(disclosing(told(2).model_copy(update={"risk": risk})), 2, recalls=told_it)
    # it stands among what was told, and is kept quiet about no more
    assert (later.risk, later.first_answer, later.if_calm, later.risk_facts) == ("", "", "", "T.")
    assert "S." in later.told
    without_facts = disclosing(told(2).model_copy(update={"risk": risk.model_copy(update={"facts": ""})}))
    assert view(without_facts, 2, recalls=told_it).risk_facts == "S."
    assert view(disclosing(told(2))).denies_risk


@pytest.mark.parametrize(
    ("answer", "recalled", "again"),
    [
        ("应酬嘛，也就几杯，我自己有数。", "我说也就几杯，心里有数", False),
        ("应酬嘛，也就几杯，我自己有数。", "应酬嘛，没办法", True),
        ("Oh, a glass of wine, like everybody.", "I said it is like everybody else", False),
        ("Oh, a glass of wine, like everybody.", "Oh, it was hot", True),
        ("It’s a glass of wine, no more.", "It's a glass of wine, I told her", False),
    ],
)
def test_an_answer_that_it_remembers_giving_is_not_its_first_one_again(
    answer: str, recalled: str, again: bool
) -> None:
    risk = Risk(kind="drinking", statement="S.", first_answer=answer, if_calm="C.", facts="T.")
    past = (Recall(session_index=1, said=(recalled,)),)
    seen = view(disclosing(told(2).model_copy(update={"risk": risk})), 2, recalls=past)
    assert (seen.first_answer, seen.if_calm) == (answer if again else "", "C.")


def asked_view(kind: RiskKind, danger: Danger, told_it: tuple[str, ...] = ()) -> tuple[str, str]:
    """Return what a client with a danger would answer in a second session, by what the first one heard."""
    risk = Risk(kind=kind, statement="S.", first_answer="F.", if_calm="C.", facts="T.")
    held = memory(1)
    summary = held.summaries[0].model_copy(update={"safety": SafetyNote(danger=danger)})
    seen = view(
        disclosing(told(2).model_copy(update={"risk": risk})),
        2,
        held.model_copy(update={"summaries": (summary,)}),
        recalls=(Recall(session_index=1, told=told_it),),
    )
    is_new = kind in NO_DANGER or not told_it
    assert (seen.risk_kind, seen.risk, seen.risk_facts) == (kind, "S." if is_new else "", "T.")
    assert not seen.denies_risk
    return seen.first_answer, seen.if_calm


@pytest.mark.parametrize(
    ("kind", "danger", "answers"),
    [
        ("denied_danger", Danger.NONE, ("F.", "C.")),
        ("denied_danger", Danger.DENIED, ("", "C.")),
        ("active_thoughts", Danger.VOICED, ("", "C.")),
        ("drinking", Danger.DENIED, ("F.", "C.")),
        ("drinking", Danger.VOICED, ("", "C.")),
        ("idioms", Danger.DENIED, ("F.", "C.")),
        ("idioms", Danger.VOICED, ("F.", "C.")),
    ],
)
def test_a_question_about_dying_is_a_first_question_only_to_who_may_die(
    kind: RiskKind, danger: Danger, answers: tuple[str, str]
) -> None:
    assert asked_view(kind, danger) == answers


def test_words_that_are_no_danger_are_denied_however_often_they_were_said() -> None:
    assert asked_view("violence_at_home", Danger.NONE, ("S.",)) == ("", "")
    assert asked_view("grief_like_a_wish", Danger.NONE, ("S.",)) == ("F.", "C.")


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
    assert seen.traits == case.profile.basic_info.static_traits
    assert seen.problem == case.profile.basic_info.main_problem
    assert seen.growth == case.profile.basic_info.growth_experiences
    assert seen.at_once[0].startswith("It was on the ninth of January")
    assert seen.risk


@pytest.mark.parametrize("modality", Modality)
def test_theory_is_given_under_the_modality_of_the_case(modality: Modality) -> None:
    case = bundled("en07", modality)
    assert view(case).theory == case.profile.theory.block(modality)


def test_only_what_the_client_remembers_to_have_told_is_told() -> None:
    case = bundled("en07")
    first = view(case)
    recalls = (Recall(session_index=1, told=first.at_once[:1], said=("I keep a cat.",)),)
    later = view(case, 2, recalls=recalls)
    assert later.told == first.at_once[:1]
    assert later.at_once[0] == first.at_once[1]
    assert later.remembered == recalls
    assert view(case, 2).told == ()


def test_the_lines_of_a_session_are_all_that_the_client_could_tell_in_it() -> None:
    seen = view(bundled("en07"), 2)
    secrets = tuple(secret.secret for secret in seen.secrets)
    assert seen.lines == (*seen.at_once, *seen.trusted, *secrets, seen.risk)
    told_it = (Recall(session_index=1, told=(seen.risk,)),)
    assert seen.risk not in view(bundled("en07"), 2, recalls=told_it).lines


def test_of_the_counselors_memory_the_client_has_only_the_homework() -> None:
    seen = view(bundled("en07"), 3, memory(2, homework=1))
    assert seen.homework[0].startswith("task0")
    assert "s2-" not in repr(seen)
    assert "file-" not in repr(seen)


def test_a_profile_without_disclosure_or_theory_is_seen_too() -> None:
    info = BasicInfo(
        static_traits=StaticTraits(name="Ann"),
        main_problem="I do not sleep.",
        growth_experiences=("A fire.",),
    )
    bare = Profile(user_id="x", basic_info=info, theory=Theory())
    seen = view(Case(case_id="x", modality=Modality.BT, language=Language.EN, profile=bare))
    assert seen.growth == ("A fire.",)
    assert (seen.at_once, seen.trusted, seen.secrets, seen.risk) == ((), (), (), "")
    assert seen.theory is None
    assert not seen.denies_risk


def test_nothing_of_a_long_foreign_profile_is_cut() -> None:
    info = BasicInfo(
        static_traits=StaticTraits(name="Ann", family_status="x " * 900),
        main_problem="z " * 900,
        growth_experiences=("v " * 900,),
    )
    profile = Profile(user_id="x", basic_info=info, theory=find_profile("en07", Language.EN).theory)
    seen = view(Case(case_id="x", modality=Modality.BT, language=Language.EN, profile=profile))
    assert (seen.traits.family_status, seen.problem, seen.growth) == ("x " * 900, "z " * 900, ("v " * 900,))
