"""The choice among rollouts: the only one, or one by reward."""

from __future__ import annotations

from collections.abc import Mapping

from langgraph.runtime import Runtime

from psychagent.errors import ScoringError
from psychagent.nodes.deps import CourseNode, Deps, Rft
from psychagent.nodes.opening import brief_of
from psychagent.nodes.state import CourseState, Knobs, Rollout
from psychagent.scales.choose import Choice, choose
from psychagent.scales.result import SessionScores
from psychagent.scales.reward import Norms, Signals, to_signals

NONE_YET = -1


def select(deps: Deps) -> CourseNode:
    """Make the node that chooses which rollout becomes the session."""

    async def decide(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        rollouts, rft = state["rollouts"], deps.rft
        if rft is None:
            return {"winner": rollouts[0].index, "selection": None}
        seed = brief_of(state, runtime.context or Knobs()).seed("select")
        return choose_rollout(state, rft, seed=seed)

    return decide


def choose_rollout(state: CourseState, rft: Rft, *, seed: int) -> CourseState:
    """Choose by reward, or ask for the failed rollouts again where too few succeeded.

    Raises:
        ScoringError: If too few rollouts succeeded and the retries are used up.
    """
    settings, rollouts = rft.settings, state["rollouts"]
    previous = state.get("reference_scores") or None
    signals = rollout_signals(rollouts, rft.norms, previous, use=settings.judging.use)
    usable = [index for index, found in signals.items() if found.z]
    if len(usable) < settings.min_rollouts:
        if state.get("attempts", 0) < settings.rollout_retries:
            return {"winner": NONE_YET, "attempts": state.get("attempts", 0) + 1}
        raise ScoringError(
            f"session {state['session_index']}: {len(usable)} of {len(rollouts)} rollouts were held and "
            f"scored, fewer than min_rollouts {settings.min_rollouts}; {failures(rollouts)}"
        )
    choice = choose(signals, selector=settings.selector, missing=settings.missing, seed=seed)
    choice = choice.model_copy(update={"excluded": _excluded(rollouts) | choice.excluded})
    winner = next(r for r in rollouts if r.index == choice.winner)
    return {
        "winner": choice.winner,
        "selection": choice,
        "reference_scores": _values(winner.judgement, settings.judging.use),
    }


def rollout_signals(
    rollouts: list[Rollout], norms: Norms, previous: Mapping[str, float] | None, *, use: str
) -> dict[int, Signals]:
    """Standard scores of every rollout that was held and judged."""
    return {
        r.index: to_signals(_values(r.judgement, use), norms, previous)
        for r in rollouts
        if r.failure is None and r.judgement is not None
    }


def _values(judgement: SessionScores | None, use: str) -> dict[str, float]:
    if judgement is None:
        return {}
    return judgement.values("verified" if use == "verified" else "raw")


def _excluded(rollouts: list[Rollout]) -> dict[str, str]:
    return {str(r.index): f"failed: {r.failure.message}"[:300] for r in rollouts if r.failure}


def failures(rollouts: list[Rollout]) -> str:
    """Say in a line why rollouts failed or went without scores."""
    told = [f"rollout {r.index}: {r.failure.message}" for r in rollouts if r.failure]
    for r in rollouts:
        missing = [n for n, s in (r.judgement.scales if r.judgement else {}).items() if s.status == "missing"]
        told += [f"rollout {r.index} lacks {', '.join(missing)}"] if missing else []
    return "; ".join(told)[:400] or "no reason was recorded"


__all__ = ["NONE_YET", "Choice", "choose_rollout", "failures", "rollout_signals", "select"]
