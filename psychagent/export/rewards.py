"""The rewards of a stored session, and which sessions are good enough to learn from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from psychagent.domain.base import Modality
from psychagent.errors import SettingsError
from psychagent.export.plan import RewardFilter
from psychagent.export.source import HeldSession
from psychagent.records.rollouts import RolloutData


@dataclass(frozen=True)
class Rewards:
    """What the rollouts of one session earned."""

    by_index: dict[int, float]
    """Index of each comparable rollout -> reward in standard deviations."""
    chosen: int | None
    """Index of the rollout that became the session; None where there was only one."""
    unasked: tuple[int, ...] = ()
    """Rollouts in which voiced danger was not asked about in the next turn."""

    @staticmethod
    def of(rollouts: RolloutData | None) -> Rewards:
        """Read the rewards of a session; those of a plain simulation are empty."""
        if rollouts is None:
            return Rewards({}, None)
        unasked = rollouts.selection.unasked if rollouts.selection else ()
        return Rewards(rollouts.rewards, rollouts.winner_rollout_index, unasked)

    @property
    def winner(self) -> float | None:
        """The reward of the session itself."""
        return None if self.chosen is None else self.by_index.get(self.chosen)

    @property
    def margin(self) -> float | None:
        """How far the session is above the best of the others; negative where another was better."""
        others = [value for index, value in self.by_index.items() if index != self.chosen]
        return None if self.winner is None or not others else self.winner - max(others)


def keep_sessions(
    sessions: Sequence[HeldSession], wanted: RewardFilter, dropped: Counter[str]
) -> list[HeldSession]:
    """Keep the sessions that earned enough, and count the others by the filter that dropped them.

    Raises:
        SettingsError: If a condition is set and no session has a reward.
    """
    if not wanted.conditions():
        return list(sessions)
    rewards = [Rewards.of(s.rollouts) for s in sessions]
    if all(r.winner is None for r in rewards):
        names = ", ".join(f"--{name.replace('_', '-')}" for name in wanted.conditions())
        raise SettingsError(
            f"{names} needs rewards, and this run has none: it was made by `psychagent sample`; leave the "
            "option out, or export a run of `psychagent rft`"
        )
    good = []
    for session, reward in zip(sessions, rewards, strict=True):
        reason = _too_low(reward, wanted)
        if reason:
            dropped[reason] += 1
        else:
            good.append(session)
    return good if wanted.top_fraction is None else _top(good, wanted.top_fraction, dropped)


def _too_low(rewards: Rewards, wanted: RewardFilter) -> str:
    if rewards.winner is None:
        return "no_reward"
    if wanted.min_reward is not None and rewards.winner < wanted.min_reward:
        return "min_reward"
    if wanted.min_margin is not None and (rewards.margin is None or rewards.margin < wanted.min_margin):
        return "min_margin"
    return ""


def _top(sessions: Sequence[HeldSession], share: float, dropped: Counter[str]) -> list[HeldSession]:
    """Keep the best share of each modality; the earlier session wins a tie, and the order is kept."""
    best: set[int] = set()
    for modality in Modality:
        rows = [n for n, s in enumerate(sessions) if s.brief.case.modality is modality]
        rows.sort(key=lambda n: -(Rewards.of(sessions[n].rollouts).winner or 0.0))
        best |= set(rows[: math.ceil(share * len(rows) - 1e-9)])
    dropped["top_fraction"] += len(sessions) - len(best)
    return [s for n, s in enumerate(sessions) if n in best]
