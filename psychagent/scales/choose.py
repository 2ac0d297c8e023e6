"""The choice of one rollout among several; pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from psychagent.domain.rollout import Choice
from psychagent.errors import ScoringError
from psychagent.scales.reward import Signals, reward_of

Missing = Literal["common", "refuse"]


class Selector(Protocol):
    """Picks one of several comparable rollouts."""

    def __call__(self, rewards: Mapping[int, float], *, seed: int) -> int:
        """Return the index of the rollout to keep."""


def select_best(rewards: Mapping[int, float], *, seed: int = 0) -> int:
    """Pick the highest reward; the lowest index wins a tie.

    Source: paper, 3.3, greedy choice over the judge's reward.
    """
    return min(rewards, key=lambda index: (-rewards[index], index))


def select_random(rewards: Mapping[int, float], *, seed: int) -> int:
    """Pick at random by seed: the control that a best-of-n must beat."""
    return random.Random(seed).choice(sorted(rewards))


def select_first(rewards: Mapping[int, float], *, seed: int = 0) -> int:
    """Pick the lowest index."""
    return min(rewards)


SELECTORS: dict[str, Selector] = {"best": select_best, "random": select_random, "first": select_first}


def choose(
    signals: Mapping[int, Signals],
    *,
    selector: str = "best",
    missing: Missing = "common",
    seed: int = 0,
) -> Choice:
    """Choose among rollouts, comparing them on the same metrics.

    Args:
        signals: Standard scores of each rollout that succeeded and was judged.
        selector: Name in `SELECTORS`.
        missing: `common` compares on the metrics that all rollouts with scores have; `refuse`
            leaves out a rollout that lacks a metric which another has.
        seed: For `random`.

    Raises:
        ScoringError: If no rollout has a score, or none are comparable.
    """
    scored = {index: s for index, s in signals.items() if s.z}
    excluded = {index: "no score" for index in signals.keys() - scored.keys()}
    everything = frozenset(name for s in scored.values() for name in s.z)
    if missing == "refuse":
        for index in [i for i, s in scored.items() if s.z.keys() != everything]:
            lacking = ", ".join(sorted(everything - scored.pop(index).z.keys()))
            excluded[index] = f"lacks {lacking}"
    common = frozenset.intersection(*(frozenset(s.z) for s in scored.values())) if scored else frozenset()
    if not common:
        raise ScoringError(f"no rollout can be compared: {_why_none(signals, excluded)}")
    rewards = {index: _needed(reward_of(s, common)) for index, s in sorted(scored.items())}
    winner = SELECTORS[selector](rewards, seed=seed)
    top = [index for index, value in rewards.items() if value == max(rewards.values())]
    return Choice(
        winner=winner,
        selector=selector,
        rewards=rewards,
        compared=tuple(sorted(common)),
        tied=tuple(top) if len(top) > 1 else (),
        excluded=excluded,
        own_rewards={i: _needed(reward_of(s)) for i, s in sorted(scored.items())},
        skipped={name: why for s in signals.values() for name, why in sorted(s.skipped.items())},
    )


def _why_none(signals: Mapping[int, Signals], excluded: Mapping[int, str]) -> str:
    """Say in words what stands against every rollout, each reason once."""
    if not signals:
        return "none was held and judged"
    by_reason: dict[str, list[int]] = {}
    for index, reason in sorted(excluded.items()):
        by_reason.setdefault(reason, []).append(index)
    said = [f"{_named(indexes)}: {reason}" for reason, indexes in by_reason.items()]
    if rest := sorted(signals.keys() - excluded.keys()):
        said.append(f"{_named(rest)}: no metric that all of them have")
    skipped = {name: why for s in signals.values() for name, why in s.skipped.items()}
    names = [f"{name} ({why.replace('_', ' ')})" for name, why in sorted(skipped.items())]
    return "; ".join([*said, *([f"in no reward: {', '.join(names)}"] if names else [])])


def _named(indexes: Sequence[int]) -> str:
    return f"rollout{'s' if len(indexes) > 1 else ''} {', '.join(map(str, indexes))}"


def _needed(value: float | None) -> float:
    assert value is not None, "only rollouts with scores are compared"
    return value
