"""Friedman's test against numbers worked by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from psychagent.stats.omnibus import friedman


def test_friedmans_statistic_is_as_worked_by_hand() -> None:
    # ranks by case: 1 2 3, 1 3 2, 1 2 3, 2 1 3; sums 5, 8, 11
    # 12 / (4 * 3 * 4) * (25 + 64 + 121) - 3 * 4 * 4 = 52.5 - 48
    found = friedman([[1, 2, 3], [4, 6, 5], [0, 1, 9], [7, 5, 8]])
    assert found is not None
    assert found.statistic == pytest.approx(4.5)
    # chi-squared with two degrees of freedom: exp(-x / 2)
    assert found.p == pytest.approx(np.exp(-2.25))
    assert found.w == pytest.approx(4.5 / (4 * 2))
    assert (found.cases, found.conditions) == (4, 3)


def test_ties_are_corrected_for() -> None:
    # ranks 1.5 1.5 3, 1 2 3, 1 2 3: sums 3.5, 5.5, 9; means about 6: 6.25 + .25 + 9 = 15.5
    # 12 * 15.5 / (3 * 3 * 4) = 5.1667; a tie of two takes (8 - 2) / (3 * (27 - 3)) of it away
    found = friedman([[1, 1, 3], [1, 2, 3], [4, 5, 6]])
    assert found is not None
    assert found.statistic == pytest.approx(12 * 15.5 / 36 / (1 - 6 / 72))


def test_full_agreement_of_the_cases_is_one() -> None:
    found = friedman([[1, 2, 3]] * 5)
    assert found is not None
    assert found.w == pytest.approx(1)


@pytest.mark.parametrize(
    "table",
    [[], [[1, 2, 3]], [[1, 2], [3, 4]], [[5, 5, 5], [6, 6, 6]], [[0.3, 0.1 + 0.2, 0.3]] * 3],
    ids=["nothing", "one case", "two conditions", "ties throughout", "ties but for rounding"],
)
def test_what_cannot_be_tested_is_none(table: list[list[float]]) -> None:
    assert friedman(table) is None


def test_it_is_scipys_test() -> None:
    table = np.random.default_rng(3).normal(6, 1, size=(30, 5))
    found, theirs = friedman(table.tolist()), stats.friedmanchisquare(*table.T)
    assert found is not None
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
