"""What the sections of the rollout report are made from; words nothing."""

from __future__ import annotations

from dataclasses import dataclass

from psychagent.assets.settings.prices import Prices
from psychagent.reports.rollouts.numbers import HOLDOUT, RftNumbers
from psychagent.reports.rollouts.read import RftRun
from psychagent.stats.bootstrap import Sampling


@dataclass(frozen=True)
class RftMaterial:
    """What the sections are made from."""

    run: RftRun
    numbers: RftNumbers
    sampling: Sampling
    prices: Prices | None = None

    @property
    def has_holdout(self) -> bool:
        """Whether a second judge scored the rollouts."""
        return (HOLDOUT, "winner") in self.numbers.whole
