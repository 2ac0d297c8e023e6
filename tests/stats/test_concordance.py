"""Agreement of rankings, and intervals of kappa, held to worked tables."""

from __future__ import annotations

import numpy as np
import pytest

from psychagent.stats.agreement import agree_pairs
from psychagent.stats.concordance import kappa_intervals, kendall_tau, kendall_w


@pytest.mark.parametrize(
    ("scores", "value"),
    [
        # rank sums 4, 6, 8, 12; their squared distances from 7.5 sum to 35; 12 x 35 / (9 x 60)
        (((1, 2, 3, 4), (1, 3, 2, 4), (2, 1, 3, 4)), 420 / 540),
        (((1, 2, 3), (1, 2, 3)), 1.0),
        (((1, 2, 3), (3, 2, 1)), 0.0),
        # ties: ranks 1.5 1.5 3 and 1 2 3; sums 2.5 3.5 6; spread 6.5; 12 x 6.5 / (4 x 24 - 2 x 6)
        (((1, 1, 2), (1, 2, 3)), 78 / 84),
        (((4.5, 4.5, 4.5), (4.5, 4.5, 4.5)), None),
        (((1, 2, 3),), None),
    ],
)
def test_concordance_is_that_of_a_worked_table(
    scores: tuple[tuple[float, ...], ...], value: float | None
) -> None:
    assert kendall_w(scores) == (None if value is None else pytest.approx(value))


def test_concordance_of_two_raters_is_that_of_spearman() -> None:
    # without ties W = (rho + 1) / 2; here rho = 1 - 6 x 6 / (5 x 24)
    first, second = (1, 2, 3, 4, 5), (2, 1, 4, 3, 5)
    rho = 1 - 6 * 4 / (5 * 24)
    assert kendall_w((first, second)) == pytest.approx((rho + 1) / 2)


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        # 5 pairs in order and 1 not, of 6
        ((1, 2, 3, 4), (1, 2, 4, 3), 4 / 6),
        ((1, 2, 3), (3, 2, 1), -1.0),
        # 2 pairs in order, one tied on the one side: 2 / sqrt(2 x 3)
        ((1, 1, 2), (1, 2, 3), 2 / 6**0.5),
        ((1, 1, 1), (1, 2, 3), None),
        ((1,), (1,), None),
    ],
)
def test_tau_is_that_of_worked_rankings(
    first: tuple[float, ...], second: tuple[float, ...], value: float | None
) -> None:
    assert kendall_tau(first, second) == (None if value is None else pytest.approx(value))


def noisy(dialogues: int, *, seed: int = 0) -> dict[str, dict[tuple[str, ...], float]]:
    draw = np.random.default_rng(seed)
    truth = draw.integers(2, 9, size=(dialogues, 4)) / 2
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for rater in ("A", "B"):
        scores = np.clip(truth + draw.integers(-1, 2, size=truth.shape) / 2, 1, 5)
        found[rater] = {(f"d{n}", f"x{place}"): float(score) for (n, place), score in np.ndenumerate(scores)}
    return found


LEVELS = tuple(n / 2 for n in range(2, 11))


def test_the_interval_of_a_kappa_surrounds_it_and_narrows_with_dialogues() -> None:
    widths = []
    for dialogues in (10, 40, 160):
        ratings = noisy(dialogues)
        (pair,) = agree_pairs(ratings, LEVELS)
        low, high = kappa_intervals(ratings, LEVELS)["A", "B"]
        assert low < (pair.kappa or 0) < high
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_few_dialogues_in_common_and_no_variation_have_no_interval() -> None:
    assert kappa_intervals(noisy(4), LEVELS) == {}
    assert kappa_intervals(noisy(10), ()) == {}
    same: dict[str, dict[tuple[str, ...], float]] = {
        rater: {(f"d{n}", "x"): 3.0 for n in range(9)} for rater in "AB"
    }
    assert kappa_intervals(same, LEVELS) == {}
