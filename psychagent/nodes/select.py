"""Choose among rollouts: the only one, or the best by reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langgraph.runtime import Runtime

from psychagent.domain.rollout import Choice, Rollout
from psychagent.domain.scores import SessionScores
from psychagent.errors import ScoringError
from psychagent.nodes.deps import CourseNode, Deps, Rft
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.opening import brief_of
from psychagent.nodes.state import CourseState, Selected
from psychagent.scales.choose import choose
from psychagent.scales.reward import Norms, Signals, to_signals


def select(deps: Deps) -> CourseNode:
    """Make the node that chooses which rollout becomes the session."""

    async def decide(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        rollouts, rft = state["rollouts"], deps.rft
        if rft is None:
            only = Selected(winner=rollouts[0].index)
            return {"open": state["open"].model_copy(update={"selected": only})}
        seed = brief_of(deps, state, runtime.context or deps.knobs).seed("select")
        return choose_rollout(state, rft, seed=seed)

    return decide


def choose_rollout(state: CourseState, rft: Rft, *, seed: int) -> CourseState:
    """Choose by reward, or have rollouts repeated if too few can be compared.

    Raises:
        ScoringError: If too few rollouts can be compared and the retries are used up.
    """
    settings, rollouts, session = rft.settings, state["rollouts"], state["open"]
    previous = state.get("last_scores") or None
    signals = rollout_signals(rollouts, rft.norms, previous, use=settings.judging.use)
    problem = f"fewer than min_rollouts {settings.min_rollouts}"
    choice: Choice | None = None
    try:
        choice = choose(signals, selector=settings.selector, missing=settings.missing, seed=seed)
    except ScoringError as error:
        problem = str(error)
    compared = len(choice.rewards) if choice else 0
    if choice is None or compared < min(settings.min_rollouts, len(rollouts)):
        if session.attempts - session.first_attempt < settings.rollout_retries:
            again = tuple(to_hold_again(rollouts, choice))
            return {"open": session.model_copy(update={"attempts": session.attempts + 1, "again": again})}
        raise ScoringError(
            f"session {session.index}: {compared} of {len(rollouts)} rollouts can be compared "
            f"({problem}); {failures(rollouts)}"
        )
    winner = next(r for r in rollouts if r.index == choice.winner)
    choice_with_failures = choice.model_copy(update={"excluded": choice.excluded | _excluded(rollouts)})
    selected = Selected(winner=choice.winner, choice=choice_with_failures)
    return {
        "open": session.model_copy(update={"selected": selected, "again": ()}),
        "last_scores": _values(winner.judgement, settings.judging.use),
    }


def to_hold_again(rollouts: Sequence[Rollout], choice: Choice | None) -> list[int]:
    """List the rollouts that could not be compared; if none could, those with a failure or missing scores.

    Never empty after a failed comparison: the course would otherwise end silently.
    """
    indexes = [r.index for r in rollouts]
    if choice is not None:
        return [index for index in indexes if index not in choice.rewards]
    lacking = [r.index for r in rollouts if r.failure or r.judgement is None or lost_scales(r)]
    return lacking or indexes


def rollout_signals(
    rollouts: Sequence[Rollout], norms: Norms, previous: Mapping[str, float] | None, *, use: str
) -> dict[int, Signals]:
    """Compute the standard scores of every rollout that was judged."""
    return {
        r.index: to_signals(_values(r.judgement, use), norms, previous)
        for r in rollouts
        if r.failure is None and r.judgement is not None
    }


def _values(judgement: SessionScores | None, use: str) -> dict[str, float]:
    if judgement is None:
        return {}
    return judgement.values("verified" if use == "verified" else "raw")


def _excluded(rollouts: Sequence[Rollout]) -> dict[int, str]:
    return {r.index: f"failed: {r.failure.message}"[:300] for r in rollouts if r.failure}


def lost_scales(rollout: Rollout) -> tuple[str, ...]:
    """List the scales that a rollout's judge could not fill in."""
    return rollout.judgement.missing_scales() if rollout.judgement else ()


def failures(rollouts: Sequence[Rollout]) -> str:
    """Describe in one line why rollouts failed or lack scores."""
    reasons = [f"rollout {r.index}: {r.failure.message}" for r in rollouts if r.failure]
    for r in rollouts:
        missing = lost_scales(r)
        reasons += [f"rollout {r.index} lacks {', '.join(missing)}"] if missing else []
    return "; ".join(reasons)[:400] or "no reason was recorded"
