"""The plan of a session, the stages that may follow, and the guard that holds plans to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import Field, model_validator

from psychagent.domain.base import Record, Stage
from psychagent.domain.others import plan_from_others


class Plan(Record):
    """What one session is for."""

    stage: Stage
    title: str = Field(max_length=200)
    focus: tuple[str, ...] = Field(min_length=1)
    """A few objectives."""

    @model_validator(mode="before")
    @classmethod
    def _of_others(cls, data: Any) -> Any:
        return plan_from_others(data)


class Correction(Record):
    """A proposal that the guard overruled."""

    session_index: int
    proposed: Stage
    decided: Stage
    reason: str
    dropped: str = ""
    """Title of the proposal, which was made for another stage and so was not kept."""


def is_last(plan: Plan, *, session_index: int, max_sessions: int) -> bool:
    """Return whether no session follows this one, whatever its summary says."""
    return session_index >= max_sessions or plan.stage is Stage.TERMINATION


def allowed_stages(stage: Stage, *, session_index: int, max_sessions: int) -> tuple[Stage, ...]:
    """List the stages that the next session's plan may have.

    A stage never goes back, may be repeated, and is never skipped, so `termination` is reached only
    after a session of consolidation. Near the limit a stage is not repeated if that would leave no
    session for consolidation.

    Args:
        stage: Stage of the session that just ended.
        session_index: Its number, from 1.
        max_sessions: Most sessions in a course.

    Returns:
        In the order of the stages; empty after the last session.
    """
    left = max_sessions - session_index
    if left <= 0 or stage is Stage.TERMINATION:
        return ()
    following = list(Stage)[stage.rank + 1]
    steps_to_consolidation = Stage.CONSOLIDATION.rank - stage.rank
    return (stage, following) if steps_to_consolidation < left else (following,)


def guard_plan(
    current: Plan,
    proposed: Plan,
    *,
    session_index: int,
    allowed: Sequence[Stage],
    default: Callable[[Stage], Plan],
) -> tuple[Plan, Correction | None]:
    """Decide the next session's plan from the model's proposal.

    Args:
        current: The plan of the session that just ended.
        proposed: What the summary proposes for the next session.
        session_index: Number of the session that just ended, from 1.
        allowed: The stages that may follow, at least one.
        default: Returns a stage's plan that takes the place of one made for another stage.

    Returns:
        The decided plan, and a correction where its stage is not the proposed one.
    """
    if proposed.stage in allowed:
        return proposed, None
    decided = min(allowed, key=lambda stage: abs(stage.rank - proposed.stage.rank))
    correction = Correction(
        session_index=session_index,
        proposed=proposed.stage,
        decided=decided,
        reason=_reason(current.stage, proposed.stage),
        dropped=proposed.title,
    )
    return default(decided), correction


def _reason(current: Stage, proposed: Stage) -> str:
    if proposed.rank < current.rank:
        return "a stage never goes back"
    if proposed.rank > current.rank + 1:
        return "no stage is skipped"
    return "too few sessions are left to stay in this stage"
