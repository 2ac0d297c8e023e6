"""Code keeps the order of stages, whatever a model proposes."""

from __future__ import annotations

import itertools

import pytest
from pydantic import ValidationError

from psychagent.domain.base import Stage
from psychagent.domain.plan import Plan, guard_plan


def plan(stage: Stage, title: str = "t") -> Plan:
    return Plan(stage=stage, title=title, focus=("one",))


PAIRS = list(itertools.product(Stage, Stage))


@pytest.mark.parametrize(("held", "proposed"), PAIRS)
def test_a_stage_never_goes_back_and_none_is_skipped(held: Stage, proposed: Stage) -> None:
    decided, _ = guard_plan(plan(held), plan(proposed), session_index=3)
    assert held.rank <= decided.stage.rank <= held.rank + 1


@pytest.mark.parametrize(("held", "proposed"), PAIRS)
def test_a_proposal_that_keeps_the_order_is_followed(held: Stage, proposed: Stage) -> None:
    decided, correction = guard_plan(plan(held), plan(proposed, "mine"), session_index=3)
    allowed = proposed.rank - held.rank in (0, 1)
    assert (decided.stage is proposed) == allowed
    assert (correction is None) == allowed
    assert (decided.title, decided.focus) == ("mine", ("one",))


@pytest.mark.parametrize(("held", "proposed"), PAIRS)
def test_a_correction_says_what_was_proposed_and_what_was_decided(held: Stage, proposed: Stage) -> None:
    decided, correction = guard_plan(plan(held), plan(proposed), session_index=3)
    if correction is None:
        return
    assert (correction.session_index, correction.proposed) == (3, proposed)
    assert correction.decided is decided.stage
    assert ("goes back" in correction.reason) == (proposed.rank < held.rank)
    assert ("skipped" in correction.reason) == (proposed.rank > held.rank + 1)


def test_termination_comes_only_after_a_session_of_consolidation() -> None:
    for proposals in itertools.product(Stage, repeat=5):
        held, seen = plan(Stage.CONCEPTUALIZATION), [Stage.CONCEPTUALIZATION]
        for index, proposed in enumerate(proposals, start=1):
            held, _ = guard_plan(held, plan(proposed), session_index=index)
            seen.append(held.stage)
        ends = [place for place, stage in enumerate(seen) if stage is Stage.TERMINATION]
        assert all(seen[place - 1] in (Stage.CONSOLIDATION, Stage.TERMINATION) for place in ends)


def test_the_stages_stand_in_the_order_of_a_course() -> None:
    assert [s.value for s in sorted(Stage, key=lambda s: s.rank)] == [
        "conceptualization",
        "intervention",
        "consolidation",
        "termination",
    ]


def test_a_plan_without_a_focus_or_with_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ValidationError):
        Plan(stage=Stage.INTERVENTION, title="t", focus=())
    with pytest.raises(ValidationError):
        Plan.model_validate({"stage": "later", "title": "t", "focus": ["x"]})
