"""What tests of choosing share: the state in front of a choice, what it needs, and what it decided."""

from __future__ import annotations

from typing import Any

from psychagent.domain.base import Stage
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Plan
from psychagent.domain.rollout import Choice, Rollout
from psychagent.flows.judge import build_judge_deps
from psychagent.nodes.deps import Rft
from psychagent.nodes.state import CourseState, OpenSession
from psychagent.scales.reward import load_norms
from tests.support.fakes import case_of
from tests.support.flat import live
from tests.support.rolling import rft_settings

PLAN = Plan(stage=Stage.CONCEPTUALIZATION, title="first", focus=("one",))


def state(*rollouts: Rollout, last_scores: dict[str, float] | None = None, **of_session: Any) -> CourseState:
    """Make the state of a course whose open session has been held so often."""
    session = OpenSession(index=1, plan=PLAN).model_copy(update=of_session)
    return {
        "case": case_of(),
        "memory": Memory(),
        "open": session,
        "rollouts": list(rollouts),
        "last_scores": last_scores or {},
    }


def rft(**over: object) -> Rft:
    """Make what choosing needs, of three rollouts two of which must be compared."""
    settings = rft_settings(**({"rollout_n": 3, "min_rollouts": 2} | over))
    return Rft(settings=settings, norms=load_norms(), judge=build_judge_deps(settings.judging, live()))


def winner_of(found: CourseState) -> int:
    """Return the rollout that was kept."""
    assert found["open"].selected
    return found["open"].selected.winner


def choice_of(found: CourseState) -> Choice:
    """Return what is stored of the choice."""
    assert found["open"].selected
    assert found["open"].selected.choice
    return found["open"].selected.choice
