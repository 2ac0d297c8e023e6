"""The client file supersedes: what changed keeps its former value with the session it came from."""

from __future__ import annotations

import pytest

from psychagent.domain.file_facts import file_facts, merge_file
from psychagent.domain.memory import ClientFile
from psychagent.domain.profile import (
    BtTheory,
    CbtTheory,
    ExceptionEvent,
    ForceField,
    PmtTheory,
    SpecialSituation,
    TargetBehavior,
    Traits,
)


def said(**fields: object) -> ClientFile:
    return ClientFile.model_validate(fields)


def test_the_first_file_is_taken_over_with_the_session_of_each_fact() -> None:
    merged = merge_file(ClientFile(), said(main_problem="sleep", topic="nights"), session_index=1)
    assert (merged.main_problem, merged.topic) == ("sleep", "nights")
    assert merged.origins == {"main_problem": 1, "topic": 1}
    assert merged.history == ()


def trait(**fields: str) -> ClientFile:
    return said(static_traits=fields)


def test_a_changed_fact_keeps_its_former_value_and_the_session_it_was_learned_in() -> None:
    first = merge_file(ClientFile(), said(topic="sleep", core_demands="rest"), session_index=1)
    second = merge_file(first, said(topic="the marriage"), session_index=4)
    assert second.topic == "the marriage"
    assert [(h.field, h.value, h.session_index) for h in second.history] == [("topic", "sleep", 1)]
    assert second.origins == {"topic": 4, "core_demands": 1}


def test_a_fact_that_changes_twice_keeps_both_former_values() -> None:
    held = ClientFile()
    for session, job in enumerate(["teacher", "primary school teacher, on leave", "none"], start=1):
        held = merge_file(held, trait(occupation=job), session_index=session)
    assert [h.value for h in held.history] == ["teacher", "primary school teacher, on leave"]
    assert [h.session_index for h in held.history] == [1, 2]
    assert held.static_traits.occupation == "none"
    assert held.origins["static_traits.occupation"] == 3


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("cannot sleep, and thinks of ending her life", "quarrels with her sister over the flat"),
        ("睡不着，想过不活了", "为房子跟姐姐吵架"),
    ],
)
def test_a_danger_told_as_the_problem_is_not_pushed_out_by_a_later_one(first: str, second: str) -> None:
    held = merge_file(ClientFile(), said(main_problem=first), session_index=1)
    held = merge_file(held, said(main_problem=second), session_index=2)
    assert held.main_problem == f"{first} | {second}"
    assert merge_file(held, said(main_problem=f"{first}。"), session_index=3) == held


@pytest.mark.parametrize(
    ("told", "in_the_file"),
    [
        (("asthma", "Asthma, since childhood."), "Asthma, since childhood."),
        (("偏头痛", "高血压"), "偏头痛 | 高血压"),
    ],
)
def test_an_illness_is_added_to_those_before_unless_it_says_all_of_one(
    told: tuple[str, ...], in_the_file: str
) -> None:
    held = ClientFile()
    for session, illness in enumerate(told, start=1):
        held = merge_file(held, trait(medical_history=illness), session_index=session)
    assert held.static_traits.medical_history == in_the_file
    assert held.history == ()


def test_of_many_long_problems_the_first_and_the_latest_stay_in_sight_and_the_others_in_history() -> None:
    held, told = ClientFile(), [f"{letter * 250}" for letter in "abcd"]
    for session, problem in enumerate(told, start=1):
        held = merge_file(held, said(main_problem=problem), session_index=session)
    assert held.main_problem == f"{told[0]} | {told[3]}"
    assert [(h.value, h.session_index) for h in held.history] == [(told[1], 2), (told[2], 3)]


def test_what_is_not_mentioned_is_not_changed() -> None:
    first = merge_file(
        ClientFile(),
        ClientFile(static_traits=Traits(name="Ada", age="41"), growth_experiences=("a fall",)),
        session_index=1,
    )
    second = merge_file(first, ClientFile(static_traits=Traits(occupation="baker")), session_index=2)
    assert second.static_traits == Traits(name="Ada", age="41", occupation="baker")
    assert second.growth_experiences == ("a fall",)
    assert second.history == ()
    assert second.origins["static_traits.occupation"] == 2


def test_the_same_value_again_is_no_change() -> None:
    first = merge_file(ClientFile(), said(topic="nights"), session_index=1)
    assert merge_file(first, said(topic="nights"), session_index=5) == first


def test_theory_fields_are_merged_one_by_one() -> None:
    old = ClientFile(theory=CbtTheory(core_beliefs=("I fail",), special_situations=()))
    new = ClientFile(theory=CbtTheory(special_situations=(SpecialSituation(event="exam"),)))
    merged = merge_file(merge_file(ClientFile(), old, session_index=1), new, session_index=2)
    assert isinstance(merged.theory, CbtTheory)
    assert merged.theory.core_beliefs == ("I fail",)
    assert merged.theory.special_situations[0].event == "exam"
    assert merged.history == ()
    later = merge_file(merged, ClientFile(theory=CbtTheory(core_beliefs=("I try",))), session_index=3)
    assert isinstance(later.theory, CbtTheory)
    assert later.theory.core_beliefs == ("I fail", "I try")
    assert later.history == ()
    assert later.origins["core_beliefs"] == 3


def test_lists_grow_and_repeat_nothing() -> None:
    held = ClientFile()
    for session, told in enumerate([("a fall",), ("A fall!", "the move"), ("a burnt pan",)], start=1):
        held = merge_file(held, said(growth_experiences=told), session_index=session)
    assert [event.casefold().strip("!") for event in held.growth_experiences] == [
        "a fall",
        "the move",
        "a burnt pan",
    ]
    assert held.history == ()


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_texts_that_repeat_each_other_the_fuller_one_stays(order: int) -> None:
    short, full = ("她怕黑",), ("她怕黑，从搬家那年起",)
    first, second = (short, full)[::order]
    held = merge_file(ClientFile(), said(growth_experiences=first), session_index=1)
    assert merge_file(held, said(growth_experiences=second), session_index=2).growth_experiences == full


def test_an_entry_that_refines_an_earlier_one_takes_its_place_and_keeps_what_it_leaves_out() -> None:
    first = TargetBehavior(behavior="checks the stove", antecedent=("leaving home",), function="calm")
    second = TargetBehavior(
        behavior="Checks the stove, up to nine times", antecedent=("bedtime",), function="being sure"
    )
    held = ClientFile()
    for session, entry in enumerate([first, second], start=1):
        new = ClientFile(theory=BtTheory(target_behavior=(entry,)))
        held = merge_file(held, new, session_index=session)
    assert isinstance(held.theory, BtTheory)
    (entry,) = held.theory.target_behavior
    assert (entry.behavior, entry.function) == ("Checks the stove, up to nine times", "being sure")
    assert entry.antecedent == ("leaving home", "bedtime")
    lost = {h.value for h in held.history}
    assert "function: calm" in lost
    assert {h.session_index for h in held.history} == {1}


def test_a_problem_has_many_exceptions() -> None:
    held = ClientFile()
    for session, outcome in enumerate(["sang in the dark", "slept at her aunt's"], start=1):
        event = ExceptionEvent(target_problem="the dread", unique_outcome=outcome)
        held = merge_file(
            held, ClientFile(theory=PmtTheory(exception_events=(event,))), session_index=session
        )
    assert isinstance(held.theory, PmtTheory)
    assert len(held.theory.exception_events) == 2


def test_the_two_sides_of_a_force_field_grow_apart() -> None:
    held = ClientFile()
    for session, field in enumerate(
        [ForceField(positive_force=("her son",)), ForceField(negative_force=("tired",))], start=1
    ):
        held = merge_file(held, ClientFile(theory=PmtTheory(force_field=field)), session_index=session)
    assert isinstance(held.theory, PmtTheory)
    assert held.theory.force_field == ForceField(positive_force=("her son",), negative_force=("tired",))
    assert held.history == ()


def test_an_empty_theory_block_changes_nothing() -> None:
    old = merge_file(
        ClientFile(),
        ClientFile(theory=BtTheory(target_behavior=(TargetBehavior(behavior="checks"),))),
        session_index=1,
    )
    assert merge_file(old, ClientFile(theory=BtTheory()), session_index=2) == old


def test_nothing_that_was_known_is_ever_lost() -> None:
    held, seen = ClientFile(), set[tuple[str, str]]()
    for session in range(1, 8):
        new = said(
            main_problem=f"p{session % 3}", topic=f"t{session // 2}", core_demands="" if session % 2 else "d"
        )
        held = merge_file(held, new, session_index=session)
        seen |= {(path, str(value)) for path, value in file_facts(new).items()}
    kept = {(path, part) for path, value in file_facts(held).items() for part in str(value).split(" | ")}
    kept |= {(h.field, h.value) for h in held.history}
    assert seen <= kept
