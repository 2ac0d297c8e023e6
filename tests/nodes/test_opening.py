"""Between sessions: guard, end of the course, and the next session's candidates."""

from __future__ import annotations

import itertools
import re

import pytest
from langgraph.runtime import Runtime

from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.ending import EndReason, end_reason
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Plan
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.opening import open_session
from psychagent.nodes.state import CourseState, OpenSession
from tests.support.fakes import FAMILIES, Cast, case_of, chosen_family
from tests.support.memory_parts import summary

SAFETY = "cbt.conceptualization.risk-and-safety"


def after_session(held: Stage, proposed: Stage, *, index: int = 1) -> CourseState:
    plan = Plan(stage=proposed, title="next", focus=("one",))
    return {
        "case": case_of(),
        "open": OpenSession(index=index, plan=Plan(stage=held, title="held", focus=("zero",))),
        "memory": Memory(summaries=(summary("s", next_session_plan=plan),)),
        "finished_reason": None,
    }


async def opened(cast: Cast, state: CourseState, *, max_sessions: int = 6) -> CourseState:
    runtime: Runtime[Knobs] = Runtime(context=Knobs(max_sessions=max_sessions))
    return await open_session(cast.deps)(state, runtime)


def families_of(given: CourseState) -> set[str]:
    """Name the families of a session's candidates but those that are always at hand."""
    found = {skill.rpartition(".")[0] for skill in given["open"].candidates}
    return {family for family in found if not re.search("risk|safety|hard-moments", family)}


async def test_a_course_opens_with_the_fixed_first_plan_and_an_empty_memory() -> None:
    cast = Cast({"filter": [chosen_family()]})
    given = await opened(cast, {"case": case_of()})
    assert given["open"].index == 1
    assert given["memory"] == Memory()
    assert given["open"].plan.stage is Stage.CONCEPTUALIZATION
    assert families_of(given) == {FAMILIES["conceptualization"]}
    assert given["finished_reason"] is None


async def test_a_course_without_a_case_takes_the_profile_of_its_knobs() -> None:
    cast = Cast({"filter": [chosen_family()]})
    runtime: Runtime[Knobs] = Runtime(context=Knobs(profile="en05"))
    given = await open_session(cast.deps)({}, runtime)
    assert given["case"].case_id == "en05"


async def test_the_next_session_follows_the_proposal_and_draws_on_its_stage() -> None:
    cast = Cast({"filter": [chosen_family("intervention")]})
    given = await opened(cast, after_session(Stage.CONCEPTUALIZATION, Stage.INTERVENTION))
    assert (given["open"].index, given["open"].plan.title) == (2, "next")
    assert given["open"].plan.stage is Stage.INTERVENTION
    assert given["open"].corrections == ()
    assert families_of(given) == {FAMILIES["intervention"]}
    assert any(skill.startswith(SAFETY) for skill in given["open"].candidates), (
        "safety work is always at hand"
    )


@pytest.mark.parametrize(
    ("held", "index", "most", "first"),
    [
        (Stage.CONCEPTUALIZATION, 1, 2, "intervention"),
        (Stage.CONCEPTUALIZATION, 1, 4, "intervention"),
        (Stage.INTERVENTION, 2, 3, "consolidation"),
        (Stage.CONSOLIDATION, 3, 4, "consolidation"),
    ],
)
async def test_the_families_of_the_plans_stage_are_offered_first(
    held: Stage, index: int, most: int, first: str
) -> None:
    cast = Cast({"filter": [chosen_family(first)]})
    state = after_session(held, Stage(first), index=index)
    given = await opened(cast, state, max_sessions=most)
    assert given["open"].plan.stage is Stage(first)
    offered = re.findall(r"^- cbt\.(\w+)\.", cast.asked("filter")[0][-1]["content"], re.MULTILINE)
    assert offered[0] == first
    assert len(list(itertools.groupby(offered))) == len(set(offered)) > 1, "each stage stands together"
    ending = "consolidation" if index + 1 == most else first
    assert ending in offered, "a last session may end, whatever its plan"


@pytest.mark.parametrize(
    ("held", "proposed", "decided"),
    [
        (Stage.INTERVENTION, Stage.CONCEPTUALIZATION, Stage.INTERVENTION),
        (Stage.CONCEPTUALIZATION, Stage.CONSOLIDATION, Stage.INTERVENTION),
        (Stage.CONCEPTUALIZATION, Stage.TERMINATION, Stage.INTERVENTION),
        (Stage.INTERVENTION, Stage.TERMINATION, Stage.CONSOLIDATION),
    ],
)
async def test_a_proposal_out_of_order_is_corrected_and_the_correction_recorded(
    held: Stage, proposed: Stage, decided: Stage
) -> None:
    cast = Cast({"filter": [chosen_family(decided.value)]})
    given = await opened(cast, after_session(held, proposed))
    assert given["open"].plan.stage is decided
    (correction,) = given["open"].corrections
    assert (correction.proposed, correction.decided) == (proposed, decided)
    assert given["open"].plan == cast.deps.prompts(Language.EN).stage_plan(Modality.CBT, decided)
    assert correction.dropped == "next"


async def test_termination_after_consolidation_ends_the_course_without_a_call() -> None:
    given = await opened(Cast({}), after_session(Stage.CONSOLIDATION, Stage.TERMINATION))
    assert given["finished_reason"] == EndReason.PLAN
    assert "open" not in given, "the last session stays as it was"


async def test_a_course_ends_at_max_sessions_whatever_the_plan_says() -> None:
    state = after_session(Stage.CONCEPTUALIZATION, Stage.CONCEPTUALIZATION, index=2)
    given = await opened(Cast({}), state, max_sessions=2)
    assert given["finished_reason"] == EndReason.MAX_SESSIONS


def test_the_limit_is_named_as_the_reason_where_both_hold() -> None:
    assert end_reason(Stage.TERMINATION, 6, 6) == EndReason.MAX_SESSIONS
    assert end_reason(Stage.TERMINATION, 5, 6) == EndReason.PLAN
    assert end_reason(Stage.CONSOLIDATION, 6, 6) == EndReason.MAX_SESSIONS
    assert end_reason(Stage.CONSOLIDATION, 5, 6) is None
