"""Code keeps the order of stages, whatever a model proposes."""

from __future__ import annotations

import itertools

import pytest
from pydantic import ValidationError

from psychagent.domain.base import Stage
from psychagent.domain.plan import Correction, Plan, allowed_stages, guard_plan, is_last

MOST = 6


def plan(stage: Stage, title: str = "t") -> Plan:
    return Plan(stage=stage, title=title, focus=("one",))


def stand_in(stage: Stage) -> Plan:
    return Plan(stage=stage, title=f"stand-in for {stage.value}", focus=("two",))


def decide(held: Stage, proposed: Stage, *, index: int = 1) -> tuple[Plan, Correction | None]:
    """Guard a proposal as a course of six sessions does."""
    allowed = allowed_stages(held, session_index=index, max_sessions=MOST)
    return guard_plan(
        plan(held), plan(proposed, "mine"), session_index=index, allowed=allowed, default=stand_in
    )


WORKING = [stage for stage in Stage if stage is not Stage.TERMINATION]
PAIRS = list(itertools.product(WORKING, Stage))


@pytest.mark.parametrize(("held", "proposed"), PAIRS)
@pytest.mark.parametrize("index", range(1, MOST))
def test_a_stage_never_goes_back_and_none_is_skipped(held: Stage, proposed: Stage, index: int) -> None:
    decided, _ = decide(held, proposed, index=index)
    assert held.rank <= decided.stage.rank <= held.rank + 1


@pytest.mark.parametrize(("held", "proposed"), PAIRS)
def test_a_proposal_that_keeps_the_order_is_followed(held: Stage, proposed: Stage) -> None:
    decided, correction = decide(held, proposed)
    allowed = proposed.rank - held.rank in (0, 1)
    assert (decided == plan(proposed, "mine")) == allowed
    assert (correction is None) == allowed


@pytest.mark.parametrize(("held", "proposed"), PAIRS)
def test_a_corrected_plan_keeps_no_title_and_focus_of_another_stage(held: Stage, proposed: Stage) -> None:
    decided, correction = decide(held, proposed)
    if correction is None:
        return
    assert decided == stand_in(decided.stage)
    assert correction.dropped == "mine"


@pytest.mark.parametrize(("held", "proposed"), PAIRS)
def test_a_correction_says_what_was_proposed_and_what_was_decided(held: Stage, proposed: Stage) -> None:
    decided, correction = decide(held, proposed)
    if correction is None:
        return
    assert (correction.session_index, correction.proposed) == (1, proposed)
    assert correction.decided is decided.stage
    assert ("goes back" in correction.reason) == (proposed.rank < held.rank)
    assert ("skipped" in correction.reason) == (proposed.rank > held.rank + 1)


def test_near_the_limit_a_stage_is_not_repeated_at_the_cost_of_consolidation() -> None:
    decided, correction = decide(Stage.INTERVENTION, Stage.INTERVENTION, index=MOST - 1)
    assert decided.stage is Stage.CONSOLIDATION
    assert correction
    assert "too few sessions" in correction.reason
    assert decide(Stage.INTERVENTION, Stage.INTERVENTION, index=MOST - 2)[1] is None
    assert decide(Stage.CONSOLIDATION, Stage.CONSOLIDATION, index=MOST - 1)[1] is None


@pytest.mark.parametrize("most", [3, 4, 6, 20])
def test_whoever_always_stays_reaches_consolidation_all_the_same(most: int) -> None:
    held = Stage.CONCEPTUALIZATION
    for index in range(1, most):
        held = allowed_stages(held, session_index=index, max_sessions=most)[0]
    assert held is Stage.CONSOLIDATION


@pytest.mark.parametrize("held", Stage)
def test_nothing_may_follow_the_last_session(held: Stage) -> None:
    assert allowed_stages(held, session_index=MOST, max_sessions=MOST) == ()
    assert is_last(plan(held), session_index=MOST, max_sessions=MOST)
    assert allowed_stages(Stage.TERMINATION, session_index=1, max_sessions=MOST) == ()
    assert is_last(plan(held), session_index=1, max_sessions=MOST) == (held is Stage.TERMINATION)


def test_termination_comes_only_after_a_session_of_consolidation() -> None:
    for proposals in itertools.product(Stage, repeat=5):
        held, seen = Stage.CONCEPTUALIZATION, [Stage.CONCEPTUALIZATION]
        for index, proposed in enumerate(proposals, start=1):
            if held is Stage.TERMINATION:
                break
            held = decide(held, proposed, index=index)[0].stage
            seen.append(held)
        ends = [place for place, stage in enumerate(seen) if stage is Stage.TERMINATION]
        assert all(seen[place - 1] is Stage.CONSOLIDATION for place in ends)


def test_the_stages_stand_in_the_order_of_a_course() -> None:
    assert [s.value for s in sorted(Stage, key=lambda s: s.rank)] == [
        "conceptualization",
        "intervention",
        "consolidation",
        "termination",
    ]


def test_a_plan_without_a_focus_or_with_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="field 'focus' has an empty list"):
        Plan(stage=Stage.INTERVENTION, title="t", focus=())
    with pytest.raises(ValidationError):
        Plan.model_validate({"stage": "later", "title": "t", "focus": ["x"]})
