"""Arithmetic of comparisons: figures of two trees, taken in turn, become one ratio. Knows no process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Bound = Literal["ratio <=", "ratio >=", "<="]
"""What a goal holds down or up: the ratio to the other tree, or the figure itself."""


@dataclass(frozen=True)
class Ratios:
    """Ratios of ours to theirs, one a round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The ratio that counts: one round beside a busy neighbor does not move it."""
        return median(self.values)

    def __str__(self) -> str:
        """Write the median, and the range where there were several rounds."""
        shown = f"{self.median:.2f}"
        return shown if len(self.values) == 1 else f"{shown} ({min(self.values):.2f}-{max(self.values):.2f})"


def compare(base: Sequence[float], ours: Sequence[float]) -> Ratios:
    """Divide round by round: two figures of one round were measured in the same minutes.

    Raises:
        ValueError: If the rounds do not pair up.
    """
    return Ratios(tuple(our / their for their, our in zip(base, ours, strict=True)))


def extrapolate(small: tuple[float, float], large: tuple[float, float]) -> tuple[float, float]:
    """Split the cost of a process into a part a call and a part at no call.

    Args:
        small: Calls and cost of a run of few calls.
        large: Calls and cost of a run of many calls that starts up the same.

    Returns:
        Cost per call, and cost of the start-up.

    Raises:
        ValueError: If the larger run made no more calls.
    """
    (few, cheap), (many, dear) = small, large
    if many <= few:
        raise ValueError(
            f"the larger run made {many:g} calls, the smaller {few:g}: nothing to draw a line by"
        )
    slope = (dear - cheap) / (many - few)
    return slope, cheap - slope * few


def is_met(bound: Bound, target: float, *, ours: float, ratio: float | None) -> bool | None:
    """Tell whether a goal is met; None where a ratio is asked for and there is none."""
    if bound == "<=":
        return ours <= target
    if ratio is None:
        return None
    return ratio <= target if bound == "ratio <=" else ratio >= target
