from __future__ import annotations

import pytest
from scipy.stats import binomtest  # type: ignore[import-untyped]

from psychagent.errors import ScoringError
from psychagent.stats.rates import Rate, rate_of


@pytest.mark.parametrize(("k", "n"), [(8, 10), (1, 3), (0, 10), (10, 10), (57, 60), (0, 1)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_is_wilsons_as_another_library_computes_it(k: int, n: int, level: float) -> None:
    rate, other = rate_of(k, n, level), binomtest(k, n).proportion_ci(level, method="wilson")
    assert rate.low == pytest.approx(other.low)
    assert rate.high == pytest.approx(other.high)
    assert rate.share == k / n


def test_no_case_is_no_rate_and_not_a_rate_of_zero() -> None:
    assert rate_of(0, 0) == Rate(0, 0, None, None, None)


def test_a_higher_level_is_wider_and_more_cases_are_narrower() -> None:
    def width(rate: Rate) -> float:
        assert rate.low is not None
        assert rate.high is not None
        return rate.high - rate.low

    assert width(rate_of(8, 10, 0.99)) > width(rate_of(8, 10)) > width(rate_of(80, 100))


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2)])
def test_a_part_greater_than_the_whole_is_refused(k: int, n: int) -> None:
    with pytest.raises(ScoringError, match=f"{k} of {n} is no rate"):
        rate_of(k, n)
