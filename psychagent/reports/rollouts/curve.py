"""What fewer rollouts would have reached: the best of k of those that were held; knows no layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from psychagent.reports.rollouts.read import Rolled
from psychagent.stats.best_of import expected_best
from psychagent.stats.bootstrap import Cell, Estimate, Sampling, bootstrap_means


@dataclass(frozen=True)
class CurvePoint:
    """The expected reward of the best of k."""

    k: int
    reward: Estimate
    holdout: Estimate
    """What the second judge gives the same choice; empty without one."""


@dataclass(frozen=True)
class Curve:
    """The best of k for k from 1, each over the same sessions."""

    points: tuple[CurvePoint, ...] = ()
    sessions: int = 0
    left_out: int = 0
    """Sessions in which fewer rollouts could be compared than the curve is long."""

    @property
    def steps(self) -> list[float | None]:
        """What each rollout more adds; None for the first."""
        means = [point.reward.mean or 0.0 for point in self.points]
        return [None, *(after - before for before, after in pairwise(means))]

    @property
    def has_holdout(self) -> bool:
        """Whether a second judge scored every rollout of the curve."""
        return any(point.holdout.mean is not None for point in self.points)


def best_of_curve(sessions: Sequence[Rolled], sampling: Sampling) -> Curve:
    """Compute the curve over the sessions that are long enough for it; intervals are over cases."""
    longest = usual_number([len(session.rewards) for session in sessions])
    used = [session for session in sessions if len(session.rewards) >= longest]
    if longest < 2:
        return Curve()
    estimates = bootstrap_means([cell for s in used for cell in _cells(s, longest)], sampling)
    points = tuple(
        CurvePoint(k, estimates["reward", k], estimates.get(("holdout", k), Estimate()))
        for k in range(1, longest + 1)
    )
    return Curve(points, len(used), len(sessions) - len(used))


def usual_number(counts: Sequence[int]) -> int:
    """Return the largest number that at least half of the sessions reach; 0 without a session.

    Neither the largest, which one session alone may have, nor the smallest, which one failure sets.
    """
    return sorted(counts, reverse=True)[(len(counts) - 1) // 2] if counts else 0


def _cells(session: Rolled, longest: int) -> Iterator[Cell[tuple[str, int]]]:
    indexes = sorted(session.rewards)
    rewards = [session.rewards[index] for index in indexes]
    for k in range(1, longest + 1):
        yield Cell(session.case, ("reward", k), expected_best(rewards, k))
    if session.holdouts.keys() >= session.rewards.keys():
        seconds = [session.holdouts[index] for index in indexes]
        for k in range(1, longest + 1):
            yield Cell(session.case, ("holdout", k), expected_best(seconds, k, by=rewards))
