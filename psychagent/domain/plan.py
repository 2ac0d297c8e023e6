"""The plan of a session and the guard that keeps plans in the order of the stages."""

from __future__ import annotations

from pydantic import Field

from psychagent.domain.base import Record, Stage


class Plan(Record):
    """What one session is for."""

    stage: Stage
    title: str = Field(max_length=200)
    focus: tuple[str, ...] = Field(min_length=1)
    """A few objectives."""


class Correction(Record):
    """A proposal that the guard overruled."""

    session_index: int
    proposed: Stage
    decided: Stage
    reason: str


def guard_plan(current: Plan, proposed: Plan, *, session_index: int) -> tuple[Plan, Correction | None]:
    """Decide the next session's plan from the model's proposal.

    A stage never goes back, may be repeated, and is never skipped: at most one step forward, so
    `termination` is reached only after a session of consolidation.

    Args:
        current: The plan of the session that just ended.
        proposed: What the summary proposes for the next session.
        session_index: Number of the session that just ended, from 1.

    Returns:
        The decided plan, and a correction where it differs from the proposal.
    """
    low, high = current.stage.rank, current.stage.rank + 1
    decided = list(Stage)[min(max(proposed.stage.rank, low), high)]
    if decided is proposed.stage:
        return proposed, None
    reason = "a stage never goes back" if proposed.stage.rank < low else "no stage is skipped"
    correction = Correction(
        session_index=session_index, proposed=proposed.stage, decided=decided, reason=reason
    )
    return proposed.model_copy(update={"stage": decided}), correction
