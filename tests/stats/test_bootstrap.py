"""Means and their intervals against theory and numbers worked by hand."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
import pytest

from psychagent.stats.bootstrap import FEWEST_CASES, Cell, Sampling, bootstrap_means, merge_lone, resample


def one_case_each(key: Hashable, values: list[float]) -> list[Cell[Hashable]]:
    return [Cell(f"case {n}", key, value) for n, value in enumerate(values)]


@pytest.mark.parametrize("key", ["words", 3, ("reward", "gain"), None])
def test_any_hashable_value_can_be_a_key(key: Hashable) -> None:
    cells: list[Cell[Hashable]] = [*one_case_each(key, [4.0, 6.0]), Cell("case 0", "another", 1.0)]
    means = bootstrap_means(cells)
    assert list(means) == [key, "another"]
    assert means[key].mean == pytest.approx(5.0)


def test_without_cells_there_is_no_mean() -> None:
    assert bootstrap_means([]) == {}


def test_a_mean_is_over_sessions_not_over_cases() -> None:
    cells = [*(Cell("a", "x", 4.0) for _ in range(3)), Cell("b", "x", 8.0)]
    mean = bootstrap_means(cells)["x"]
    assert mean.mean == pytest.approx(5.0)
    assert (mean.sessions, mean.cases) == (4, 2)


def test_the_mean_of_several_keys_weighs_them_alike_however_many_cells_each_has() -> None:
    cells = [*one_case_each("x", [4.0] * 9), *one_case_each("y", [8.0, 8.0])]
    both = resample(cells).mean_of(["x", "y"])
    assert (both.mean, both.low, both.high) == pytest.approx((6.0, 6.0, 6.0))
    assert (both.sessions, both.cases) == (9, 9)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    cells = one_case_each("x", [3.0, 5.0, 6.0, 6.5, 9.0])
    first, again, other = (bootstrap_means(cells, Sampling(seed=seed))["x"] for seed in (1, 1, 2))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


@pytest.mark.parametrize(("level", "width"), [(0.95, 1.96), (0.8, 1.2816)])
def test_the_interval_is_that_of_theory_where_cases_are_many(level: float, width: float) -> None:
    values = np.random.default_rng(0).normal(6, 1, 200)
    sampling = Sampling(resamples=4000, level=level)
    mean = bootstrap_means(one_case_each("x", values.tolist()), sampling)["x"]
    half = width * values.std() / math.sqrt(len(values))
    assert mean.low == pytest.approx(values.mean() - half, abs=0.02)
    assert mean.high == pytest.approx(values.mean() + half, abs=0.02)


def test_more_sessions_of_the_same_cases_do_not_narrow_the_interval() -> None:
    cells = one_case_each("x", [3.0, 5.0, 6.0, 7.0, 9.0])
    once, tenfold = bootstrap_means(cells)["x"], bootstrap_means(cells * 10)["x"]
    assert once.low is not None
    assert (once.low, once.high) == (tenfold.low, tenfold.high)


def test_cases_are_resampled_within_their_stratum() -> None:
    cells = [
        Cell(f"{stratum} {n}", "x", value, stratum)
        for stratum, value in (("bt", 2.0), ("cbt", 8.0))
        for n in range(3)
    ]
    mean = bootstrap_means(cells)["x"]
    assert (mean.mean, mean.low, mean.high) == pytest.approx((5.0, 5.0, 5.0))


def test_cases_without_a_stratum_are_resampled_together() -> None:
    mean = bootstrap_means(one_case_each("x", [2.0] * 3 + [8.0] * 3))["x"]
    assert mean.low is not None
    assert mean.low < 4


def test_a_number_that_rests_on_one_case_has_no_interval() -> None:
    mean = bootstrap_means([Cell("a", "x", 4.0), Cell("a", "x", 8.0)])["x"]
    assert (mean.mean, mean.low, mean.high) == (6.0, None, None)


def test_strata_of_one_case_are_resampled_together() -> None:
    values = {"bt": 2.0, "cbt": 8.0, "het": 5.0, "pdt": 5.0, "pmt": 5.0}
    mean = bootstrap_means([Cell(name, "x", value, name) for name, value in values.items()])["x"]
    assert mean.low is not None
    assert mean.high is not None
    # a stratum of one case, resampled by itself, would give the mean at every draw
    assert mean.low < 4.5
    assert mean.high > 5.5


@pytest.mark.parametrize("cases", [2, 3, FEWEST_CASES - 1])
def test_fewer_than_five_cases_have_a_mean_and_no_interval(cases: int) -> None:
    mean = bootstrap_means(one_case_each("x", [7.30, 7.32, 7.34, 7.36][:cases]))["x"]
    assert mean.mean is not None
    assert (mean.low, mean.high, mean.cases) == (None, None, cases)


def test_five_cases_have_an_interval() -> None:
    mean = bootstrap_means(one_case_each("x", [7.30, 7.31, 7.32, 7.33, 7.34]))["x"]
    assert FEWEST_CASES == 5
    assert mean.low is not None
    assert mean.high is not None
    assert 7.30 <= mean.low < 7.32 < mean.high <= 7.34


@pytest.mark.parametrize(
    ("strata", "merged"),
    [
        (["a", "a", "b", "b"], ["a", "a", "b", "b"]),
        (["a", "b", "c", "c"], ["a+b", "a+b", "c", "c"]),
        (["a", "b", "b", "b", "c", "c"], ["a+c", "b", "b", "b", "a+c", "a+c"]),
        (["a"], ["a"]),
    ],
)
def test_strata_of_one_case_find_company(strata: list[str], merged: list[str]) -> None:
    assert merge_lone(strata) == merged


def test_a_resample_without_a_value_is_left_out() -> None:
    cells = [*one_case_each("x", [5.0] * 10), *one_case_each("y", [4.0, 6.0, 4.0, 6.0, 4.0])]
    # cases 5 to 9 alone make up some resamples, which have no mean of y
    sampled = resample(cells, Sampling(resamples=5000))
    assert np.isnan(sampled.means[:, sampled.column["y"]]).any()
    mean = sampled.mean_of(["y"])
    assert mean.low is not None
    assert mean.high is not None
    assert 4.0 <= mean.low < 4.8 < mean.high <= 6.0
