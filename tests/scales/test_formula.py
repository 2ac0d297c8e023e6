"""The formulas against values worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from psychagent.errors import ScoringError
from psychagent.scales.formula import FORMULAS, score_metric

NO_REVERSE: frozenset[str] = frozenset()


def mean(values: dict[str, float], reverse: Sequence[str] = (), lo: int = 1, hi: int = 5) -> float:
    return score_metric("mean_items", values, list(values), reverse=frozenset(reverse), lo=lo, hi=hi)


def grouped(formula: str, values: dict[str, float], groups: Sequence[Sequence[str]]) -> float:
    return score_metric(formula, values, list(values), reverse=NO_REVERSE, lo=1, hi=5, groups=groups)


@pytest.mark.parametrize(("lo", "hi"), [(1, 5), (0, 4), (0, 3), (1, 7), (0, 6), (0, 2), (0, 10)])
def test_the_ends_and_the_middle_of_every_range_land_on_zero_ten_and_five(lo: int, hi: int) -> None:
    assert mean({"a": lo}, lo=lo, hi=hi) == 0
    assert mean({"a": hi}, lo=lo, hi=hi) == 10
    assert mean({"a": (lo + hi) / 2}, lo=lo, hi=hi) == pytest.approx(5)


def test_a_mean_weighs_every_item_alike() -> None:
    assert mean({"a": 1, "b": 1, "c": 4}) == pytest.approx(2.5)


def test_a_reversed_item_lowers_the_score() -> None:
    assert mean({"a": 5, "b": 5}, reverse=["b"]) == 5
    assert mean({"a": 5, "b": 4}, reverse=["b"]) == pytest.approx(6.25)


def test_one_item_on_zero_to_ten_is_returned_as_it_is() -> None:
    assert mean({"a": 7}, lo=0, hi=10) == 7


def test_items_outside_the_metric_do_not_count() -> None:
    score = score_metric("mean_items", {"a": 5, "b": 1}, ["a"], reverse=NO_REVERSE, lo=1, hi=5)
    assert score == 10


def test_factors_weigh_alike_whatever_their_size() -> None:
    values: dict[str, float] = {"a": 5, "b": 1, "c": 1, "d": 1}
    assert grouped("mean_of_factor_means", values, [["a"], ["b", "c", "d"]]) == 5
    assert mean(values) == pytest.approx(2.5)


def test_a_balance_sets_the_first_factor_against_the_second() -> None:
    groups = [["good"], ["bad"]]
    assert grouped("balance", {"good": 5, "bad": 1}, groups) == 10
    assert grouped("balance", {"good": 1, "bad": 5}, groups) == 0
    assert grouped("balance", {"good": 3, "bad": 3}, groups) == 5
    assert grouped("balance", {"good": 4, "bad": 2}, groups) == pytest.approx(7.5)


@pytest.mark.parametrize("groups", [[], [["a"]], [["a"], ["a"], ["a"]]])
def test_a_balance_of_other_than_two_factors_is_refused(groups: list[list[str]]) -> None:
    with pytest.raises(ScoringError, match="2 groups"):
        grouped("balance", {"a": 3}, groups)


def test_a_raw_mean_stays_on_the_item_range() -> None:
    assert grouped("mean_raw", {"a": 4, "b": 5}, []) == 4.5


def test_a_raw_mean_mirrors_a_reversed_item() -> None:
    score = score_metric("mean_raw", {"a": 5, "b": 5}, ["a", "b"], reverse=frozenset({"b"}), lo=1, hi=5)
    assert score == 3


def test_a_missing_item_is_refused() -> None:
    with pytest.raises(ScoringError, match="'b'"):
        score_metric("mean_items", {"a": 3}, ["a", "b"], reverse=NO_REVERSE, lo=1, hi=5)


@pytest.mark.parametrize("value", [0, 6, float("nan")])
def test_a_value_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(ScoringError, match="1 to 5"):
        mean({"a": value})


def test_an_unknown_formula_is_refused_by_naming_the_known_ones() -> None:
    with pytest.raises(ScoringError, match="mean_raw"):
        grouped("sum", {"a": 3}, [])


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ScoringError, match="upper end"):
        mean({"a": 1}, lo=1, hi=1)


@pytest.mark.parametrize("formula", sorted(set(FORMULAS) - {"balance"}))
def test_nothing_to_average_is_refused(formula: str) -> None:
    with pytest.raises(ScoringError, match="nothing to average"):
        grouped(formula, {}, [])
