"""Agreement between raters against numbers worked by hand."""

from __future__ import annotations

import pytest

from psychagent.stats.agreement import (
    agree_pair,
    agree_pairs,
    distribution,
    ordinal_alpha,
    quadratic_kappa,
    restrict,
)
from psychagent.stats.ratings import Unit

LEVELS = range(1, 6)


def rate(*scores: int | None) -> dict[Unit, int]:
    return {(f"dialogue {n}",): score for n, score in enumerate(scores) if score is not None}


def test_kappa_is_as_worked_by_hand() -> None:
    # weights (i-j)^2/4; observed 0.25/3; by chance 0.25: 1 - (1/12)/(1/4) = 2/3
    assert quadratic_kappa([1, 2, 3], [1, 2, 2], range(1, 4)) == pytest.approx(2 / 3)


def test_kappa_is_one_for_full_agreement_and_below_zero_for_reversal() -> None:
    assert quadratic_kappa([1, 3, 5], [1, 3, 5], LEVELS) == pytest.approx(1)
    assert quadratic_kappa([1, 3, 5], [5, 3, 1], LEVELS) == pytest.approx(-1)


@pytest.mark.parametrize("scores", [[], [4, 4, 4]])
def test_kappa_without_variation_is_undefined(scores: list[int]) -> None:
    assert quadratic_kappa(scores, scores, LEVELS) is None


def test_alpha_is_as_worked_by_hand() -> None:
    # coincidences 11:2 22:2 33:2 12:1 21:1; distances 12: 9, 23: 6.25, 13: 30.25;
    # observed 9; expected (9*9 + 3*2*6.25 + 3*2*30.25) / 7 = 300/7
    ratings = {"a": rate(1, 2, 3, 1), "b": rate(1, 2, 3, 2)}
    assert ordinal_alpha(ratings, range(1, 4)) == pytest.approx(1 - 9 / (300 / 7))


def test_alpha_passes_over_units_that_one_rater_alone_rated() -> None:
    ratings = {"a": rate(1, 2, 3, 1, 5), "b": rate(1, 2, 3, 2, None)}
    assert ordinal_alpha(ratings, LEVELS) == pytest.approx(1 - 9 / (300 / 7))


def test_alpha_takes_more_than_two_raters() -> None:
    same = rate(1, 2, 4, 5)
    assert ordinal_alpha({"a": same, "b": same, "c": rate(1, None, 4, None)}, LEVELS) == pytest.approx(1)


def test_alpha_without_variation_or_shared_units_is_undefined() -> None:
    assert ordinal_alpha({"a": rate(3, 3), "b": rate(3, 3)}, LEVELS) is None
    assert ordinal_alpha({"a": rate(3, None), "b": rate(None, 4)}, LEVELS) is None


def test_a_pair_is_compared_on_what_both_rated() -> None:
    found = agree_pair({"a": rate(1, 2, 5, 4), "b": rate(1, 3, 3, None)}, "a", "b", LEVELS)
    assert found.units == 3
    assert found.exact == pytest.approx(1 / 3)
    assert found.within_one == pytest.approx(2 / 3)
    assert found.bias == pytest.approx((0 - 1 + 2) / 3)


def test_a_pair_without_common_units_has_no_numbers() -> None:
    found = agree_pair({"a": rate(1), "b": rate(None, 2)}, "a", "b", LEVELS)
    assert (found.units, found.kappa, found.bias) == (0, None, None)


def test_every_pair_is_compared_once() -> None:
    ratings = {"c": rate(1), "a": rate(1), "b": rate(2)}
    assert [(p.first, p.second) for p in agree_pairs(ratings, LEVELS)] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_scores_are_counted_by_level() -> None:
    assert distribution(rate(1, 5, 5, 3), LEVELS) == (1, 0, 1, 0, 2)


def test_restriction_leaves_out_raters_without_a_unit() -> None:
    kept = restrict({"a": rate(1, 2), "b": rate(None, 2)}, {("dialogue 0",)})
    assert kept == {"a": {("dialogue 0",): 1}}
