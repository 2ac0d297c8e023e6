"""Rank correlation at its ends, and where there is none."""

from __future__ import annotations

import pytest

from psychagent.stats.ranks import rank_correlation


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1.0, 2.0, 3.0], [4.0, 5.0, 9.0], 1.0),
        ([1.0, 2.0, 3.0], [9.0, 5.0, 4.0], -1.0),
        ([1.0, 1.0, 1.0], [4.0, 5.0, 9.0], None),
        ([1.0, 2.0], [1.0, 2.0], None),
    ],
    ids=["agree", "oppose", "constant", "too few"],
)
def test_rank_correlation_is_told_only_where_there_is_one(
    first: list[float], second: list[float], expected: float | None
) -> None:
    assert rank_correlation(first, second) == (None if expected is None else pytest.approx(expected))


def test_rank_correlation_with_a_tie_is_as_worked_by_hand() -> None:
    # ranks 1 2 3 and 1 2.5 2.5: covariance 1.5 / sqrt(2 * 1.5)
    assert rank_correlation([6.0, 7.0, 9.0], [5.0, 8.0, 8.0]) == pytest.approx(0.75**0.5)
