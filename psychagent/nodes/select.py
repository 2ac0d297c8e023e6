"""Choose among rollouts: the only one, or the best by reward of those that asked about voiced danger."""

from __future__ import annotations

import logging
from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType

from langgraph.runtime import Runtime

from psychagent.domain.risk.told import Told
from psychagent.domain.rollout import Choice, Rollout
from psychagent.domain.scores import SessionScores, Use
from psychagent.domain.words.cut import cut, one_line
from psychagent.errors import ScoringError
from psychagent.nodes.deps import CourseNode, Deps, Rft
from psychagent.nodes.kept import knobs_in
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.opening import read_brief
from psychagent.nodes.safety.told import told_in
from psychagent.nodes.state import CourseState, OpenSession, Selected
from psychagent.scales.choose import choose
from psychagent.scales.reward import Norms, Signals, distress_metrics, set_aside, to_signals

log = logging.getLogger(__name__)

NOTHING_TOLD: Mapping[int, Told] = MappingProxyType({})


def select(deps: Deps) -> CourseNode:
    """Make the node that chooses which rollout becomes the session."""

    async def decide(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        rollouts, rft = state["rollouts"], deps.rft
        if rft is None:
            only = Selected(winner=rollouts[0].index)
            return {"open": state["open"].model_copy(update={"selected": only})}
        brief = await read_brief(deps, state, knobs_in(state, runtime.context, deps.knobs))
        told = {}
        if rft.settings.reward == "safe":
            told = {r.index: told_in(deps, brief, r.turns, r.risk) for r in rollouts}
        found = choose_rollout(state, rft, seed=brief.seed("select"), told=told)
        _warn(found["open"])
        return found

    return decide


def choose_rollout(
    state: CourseState, rft: Rft, *, seed: int, told: Mapping[int, Told] = NOTHING_TOLD
) -> CourseState:
    """Choose by reward, or have rollouts repeated if too few can be compared.

    A rollout with voiced danger that was not asked about is held again like one without scores. If there
    are no retries left it cannot win against another; where all left it unasked, the reward decides: a
    counselor that never asks must not end a course.

    Args:
        state: The course, with the rollouts of the open session.
        rft: Settings and norms.
        seed: For the selector `random`.
        told: What danger that the client voiced means for each rollout; empty leaves it out of account.

    Raises:
        ScoringError: If too few rollouts can be compared and the retries are used up.
    """
    settings, rollouts, session = rft.settings, state["rollouts"], state["open"]
    safe, use = settings.reward == "safe", settings.judging.use
    signals = rollout_signals(rollouts, rft.norms, state.get("last_scores") or None, use=use, safe=safe)
    unasked = {index: told[index].unasked for index in signals if index in told and told[index].unasked}
    asked = {index: one for index, one in signals.items() if index not in unasked}
    choice, problem = compare(asked, told, rft, seed=seed)
    least = min(settings.min_rollouts, len(rollouts))
    if choice is None or len(choice.rewards) < least:
        if session.attempts - session.first_attempt < settings.rollout_retries:
            again = tuple(to_hold_again(rollouts, choice, unasked))
            return {"open": session.model_copy(update={"attempts": session.attempts + 1, "again": again})}
        whole, problem = compare(signals, told, rft, seed=seed) if unasked else (choice, problem)
        choice = choice or whole
        if choice is None or whole is None or len(whole.rewards) < least:
            raise ScoringError(_too_few(session, rollouts, whole, problem))
    choice = _with_reasons(choice, rollouts, unasked)
    selected = Selected(winner=choice.winner, choice=choice)
    winner = next(r for r in rollouts if r.index == choice.winner)
    return {
        "open": session.model_copy(update={"selected": selected, "again": ()}),
        "last_scores": _values(winner.judgement, use, safe=safe),
    }


def _too_few(session: OpenSession, rollouts: Sequence[Rollout], choice: Choice | None, problem: str) -> str:
    compared = len(choice.rewards) if choice else 0
    return (
        f"session {session.index}: {compared} of {len(rollouts)} rollouts can be compared ({problem}); "
        f"{failures(rollouts)}"
    )


def _with_reasons(choice: Choice, rollouts: Sequence[Rollout], unasked: Mapping[int, str]) -> Choice:
    """Add to a choice why other rollouts could not win; where nobody asked, all of them could."""
    excluded = choice.excluded | _excluded(rollouts)
    if choice.winner not in unasked:
        excluded |= unasked
    return choice.model_copy(update={"excluded": excluded, "unasked": tuple(sorted(unasked))})


def compare(
    signals: Mapping[int, Signals], told: Mapping[int, Told], rft: Rft, *, seed: int
) -> tuple[Choice | None, str]:
    """Choose among rollouts, or say why none can be chosen.

    Where a client told of danger in one of them, changes of symptoms are compared in none: who tells of
    its pain looks worse than who was not asked.
    """
    settings = rft.settings
    if any(told[index].disclosed for index in signals if index in told):
        signals = set_aside(signals, distress_metrics(rft.judge.scales.values()))
    try:
        choice = choose(signals, selector=settings.selector, missing=settings.missing, seed=seed)
    except ScoringError as error:
        return None, str(error)
    return choice, f"fewer than min_rollouts {settings.min_rollouts}"


def to_hold_again(
    rollouts: Sequence[Rollout], choice: Choice | None, unasked: Container[int] = ()
) -> list[int]:
    """List the rollouts that could not be compared; if none could, those that something is known against.

    Never empty after a failed comparison: the course would otherwise end silently.
    """
    indexes = [r.index for r in rollouts]
    if choice is not None:
        return [index for index in indexes if index not in choice.rewards]
    lacking = [
        r.index for r in rollouts if r.failure or r.judgement is None or lost_scales(r) or r.index in unasked
    ]
    return lacking or indexes


def rollout_signals(
    rollouts: Sequence[Rollout],
    norms: Norms,
    previous: Mapping[str, float] | None,
    *,
    use: Use,
    safe: bool = False,
) -> dict[int, Signals]:
    """Compute the standard scores of every rollout that was judged; if safe, items on danger do not enter."""
    return {
        r.index: to_signals(_values(r.judgement, use, safe=safe), norms, previous)
        for r in rollouts
        if r.failure is None and r.judgement is not None
    }


def _values(judgement: SessionScores | None, use: Use, *, safe: bool) -> dict[str, float]:
    return {} if judgement is None else judgement.values(use, change=safe)


def _warn(session: OpenSession) -> None:
    choice = session.selected.choice if session.selected else None
    if choice and choice.is_unasked:
        log.warning(
            "session %d: danger was voiced and in no rollout asked about at once; rollout %d is kept by its "
            "reward, and is no example to learn from",
            session.index,
            choice.winner,
        )


def _excluded(rollouts: Sequence[Rollout]) -> dict[int, str]:
    return {r.index: cut(f"failed: {r.failure.message}", 300) for r in rollouts if r.failure}


def lost_scales(rollout: Rollout) -> tuple[str, ...]:
    """List the scales that a rollout's judge could not fill in."""
    return rollout.judgement.missing_scales() if rollout.judgement else ()


def failures(rollouts: Sequence[Rollout]) -> str:
    """Describe in one line why rollouts failed or lack scores."""
    reasons = [f"rollout {r.index}: {r.failure.message}" for r in rollouts if r.failure]
    for r in rollouts:
        missing = lost_scales(r)
        reasons += [f"rollout {r.index} lacks {', '.join(missing)}"] if missing else []
    # why, once: the same reason mostly stands behind all of them
    scales = (r.judgement.scales[name] for r in rollouts if r.judgement for name in lost_scales(r))
    reasons += dict.fromkeys(one_line(scale.reason, 160) for scale in scales)
    return cut("; ".join(reasons), 400) or "no reason was recorded"
