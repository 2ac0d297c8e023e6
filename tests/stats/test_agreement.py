"""Agreement between raters against numbers worked by hand, and against other people's programs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest

from psychagent.stats.agreement import (
    Alpha,
    PairAgreement,
    agree_pairs,
    distribution,
    ordinal_alpha,
    restrict,
    spread_of,
)
from psychagent.stats.ratings import Ratings, Unit

LEVELS = range(1, 6)
HALVES = [1 + n / 2 for n in range(9)]
PUBLISHED = {
    "A": (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    "B": (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    "C": (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    "D": (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
}
"""Four observers and twelve units of Krippendorff (2011), section C."""


def rate(*scores: float | None) -> dict[Unit, float]:
    return {(f"dialogue {n}",): score for n, score in enumerate(scores) if score is not None}


def pair_of(first: Sequence[float | None], second: Sequence[float | None], levels: Any) -> PairAgreement:
    (found,) = agree_pairs({"a": rate(*first), "b": rate(*second)}, levels)
    return found


def drawn(raters: int, units: int, levels: Sequence[float], share: float = 0.7) -> Ratings:
    """Ratings of the same units, which raters agree on somewhat, with gaps."""
    draw = random.Random(raters)
    about = [draw.randrange(len(levels)) for _ in range(units)]
    off = [[max(0, min(len(levels) - 1, at + draw.randint(-1, 1))) for at in about] for _ in range(raters)]
    return {
        f"rater {n}": rate(*(levels[at] if draw.random() < share else None for at in row))
        for n, row in enumerate(off)
    }


def test_kappa_is_as_worked_by_hand() -> None:
    # weights (i-j)^2/4; observed 0.25/3; by chance 0.25: 1 - (1/12)/(1/4) = 2/3
    assert pair_of([1, 2, 3], [1, 2, 2], range(1, 4)).kappa == pytest.approx(2 / 3)


def test_kappa_is_one_for_full_agreement_and_below_zero_for_reversal() -> None:
    assert pair_of([1, 3, 5], [1, 3, 5], LEVELS).kappa == pytest.approx(1)
    assert pair_of([1, 3, 5], [5, 3, 1], LEVELS).kappa == pytest.approx(-1)


@pytest.mark.parametrize("scores", [[], [4], [4, 4, 4], [5] * 999])
def test_kappa_without_variation_is_undefined(scores: list[int]) -> None:
    assert pair_of(scores, scores, LEVELS).kappa is None


@pytest.mark.parametrize("levels", [LEVELS, HALVES, range(101)], ids=["whole", "half", "a hundred"])
def test_the_kappas_of_all_pairs_are_those_of_scikit_learn(levels: Sequence[float]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    ratings = drawn(12, 40, list(levels))
    place = {level: n for n, level in enumerate(levels)}
    found = agree_pairs(ratings, levels)
    assert len(found) == 66
    for pair in found:
        common = sorted(ratings[pair.first].keys() & ratings[pair.second].keys())
        first, second = ([place[ratings[name][u]] for u in common] for name in (pair.first, pair.second))
        expected = metrics.cohen_kappa_score(
            first, second, labels=list(range(len(levels))), weights="quadratic"
        )
        assert pair.units == len(common)
        assert pair.kappa == pytest.approx(expected)


def test_hundreds_of_raters_are_compared() -> None:
    # pair by pair these took a minute, and at once they take a part of a second
    found = agree_pairs(drawn(300, 60, LEVELS), LEVELS)
    assert len(found) == 300 * 299 // 2


def test_alpha_is_as_worked_by_hand() -> None:
    # coincidences 11:2 22:2 33:2 12:1 21:1; distances 12: 9, 23: 6.25, 13: 30.25;
    # observed 9; expected (9*9 + 3*2*6.25 + 3*2*30.25) / 7 = 300/7
    ratings = {"a": rate(1, 2, 3, 1), "b": rate(1, 2, 3, 2)}
    found = ordinal_alpha(ratings, range(1, 4))
    assert (found.units, found.ratings) == (4, 8)
    assert found.value == pytest.approx(1 - 9 / (300 / 7))


def test_alpha_with_missing_scores_is_as_published() -> None:
    # unit 12 has one score, so 40 scores of 11 units count: nine times 1, then 13, 10, 5 and 3 times 5;
    # coincidences 12 4/3, 13 1/3, 14 1/3, 23 4/3, 24 1/3, 34 1/3
    # distances 12 11^2, 13 22.5^2, 14 30^2, 15 34^2, 23 11.5^2, 24 19^2, 25 23^2, 34 7.5^2, 35 11.5^2, 45 4^2
    # observed 4/3 121 + 1/3 506.25 + 1/3 900 + 4/3 132.25 + 1/3 361 + 1/3 56.25 = 945.5
    # by chance 9 13 121 + 9 10 506.25 + ... + 5 3 16 = 199740; so 1 - 39 * 945.5 / 199740 = 0.815
    ratings = {name: rate(*scores) for name, scores in PUBLISHED.items()}
    found = ordinal_alpha(ratings, LEVELS)
    assert (found.units, found.ratings) == (11, 40)
    assert found.value == pytest.approx(1 - 39 * 945.5 / 199740)
    assert found.value == pytest.approx(0.815, abs=0.0005)
    by_formula = alpha_by_formula(list(zip(*PUBLISHED.values(), strict=True)))
    assert by_formula == 1 - 39 * Fraction(1891, 2) / 199740


def alpha_by_formula(units: Sequence[Sequence[int | None]]) -> Fraction:
    """1 - (n - 1) sum(o_ck d_ck) / sum(n_c n_k d_ck) over c < k, as it is printed, pair by pair."""
    shared = [[score for score in unit if score is not None] for unit in units]
    shared = [unit for unit in shared if len(unit) > 1]
    given = [score for unit in shared for score in unit]
    n = {c: given.count(c) for c in sorted({*given})}

    def distance(c: int, k: int) -> Fraction:
        between = sum(times for g, times in n.items() if c <= g <= k)
        return (between - Fraction(n[c] + n[k], 2)) ** 2

    met = (distance(*pair) / (len(unit) - 1) for unit in shared for pair in combinations(sorted(unit), 2))
    observed = sum(met, Fraction())
    expected = sum((n[c] * n[k] * distance(c, k) for c, k in combinations(n, 2)), Fraction())
    return 1 - (len(given) - 1) * observed / expected


@pytest.mark.parametrize("levels", [LEVELS, HALVES, range(101)], ids=["whole", "half", "a hundred"])
def test_alpha_is_that_of_the_krippendorff_package(levels: Sequence[float]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    ratings = drawn(9, 50, list(levels), share=0.3)
    units = sorted({unit for scores in ratings.values() for unit in scores})
    table = [[scores.get(unit, float("nan")) for unit in units] for scores in ratings.values()]
    expected = krippendorff.alpha(table, level_of_measurement="ordinal", value_domain=list(levels))
    assert ordinal_alpha(ratings, levels).value == pytest.approx(expected)


def test_alpha_passes_over_units_that_one_rater_alone_rated() -> None:
    ratings = {"a": rate(1, 2, 3, 1, 5), "b": rate(1, 2, 3, 2, None)}
    found = ordinal_alpha(ratings, LEVELS)
    assert (found.units, found.ratings) == (4, 8)
    assert found.value == pytest.approx(1 - 9 / (300 / 7))


def test_alpha_takes_more_than_two_raters() -> None:
    same = rate(1, 2, 4, 5)
    ratings = {"a": same, "b": same, "c": rate(1, None, 4, None)}
    found = ordinal_alpha(ratings, LEVELS)
    assert (found.units, found.ratings) == (4, 10)
    assert found.value == pytest.approx(1)


def test_alpha_without_variation_or_shared_units_or_levels_is_undefined() -> None:
    assert ordinal_alpha({"a": rate(3, 3), "b": rate(3, 3)}, LEVELS) == Alpha(2, 4)
    assert ordinal_alpha({"a": rate(3, None), "b": rate(None, 4)}, LEVELS) == Alpha(0, 0)
    assert ordinal_alpha({"a": rate(3, 1), "b": rate(3, 2)}, ()) == Alpha(2, 4)


def test_a_pair_is_compared_on_what_both_rated() -> None:
    found = pair_of([1, 2, 5, 4], [1, 3, 3, None], LEVELS)
    assert found.units == 3
    assert found.exact == pytest.approx(1 / 3)
    assert found.within_one == pytest.approx(2 / 3)
    assert found.bias == pytest.approx((0 - 1 + 2) / 3)


def test_scores_one_apart_are_within_one_whatever_a_float_makes_of_it() -> None:
    levels = [0.1 + n / 2 for n in range(60)]
    lower, higher = levels[:-2], levels[2:]
    assert max(high - low for low, high in zip(lower, higher, strict=True)) > 1
    assert pair_of(lower, higher, levels).within_one == 1
    assert pair_of(levels[:-3], levels[3:], levels).within_one == 0


def test_a_pair_without_common_units_has_no_numbers() -> None:
    found = pair_of([1], [None, 2], LEVELS)
    assert (found.units, found.kappa, found.bias) == (0, None, None)


def test_every_pair_is_compared_once() -> None:
    ratings = {"c": rate(1), "a": rate(1), "b": rate(2)}
    assert [(p.first, p.second) for p in agree_pairs(ratings, LEVELS)] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_without_levels_pairs_are_counted_alone() -> None:
    assert pair_of([1, 2], [2, 2], ()) == PairAgreement("a", "b", 2)


def test_the_kappas_of_many_pairs_are_summed_up() -> None:
    ratings = {"a": rate(1, 2, 5), "b": rate(1, 2, 5), "c": rate(5, 2, 1), "d": rate(None, None, None, 3)}
    found = spread_of(agree_pairs(ratings, LEVELS))
    assert found is not None
    assert (found.pairs, found.defined, found.units) == (6, 3, 3)
    assert (found.highest.first, found.highest.second, found.highest.kappa) == ("a", "b", 1)
    assert found.median == found.lowest.kappa == pytest.approx(1 - 3 * 32 / (3 * 60 - 2 * 64))
    assert spread_of(agree_pairs({"a": rate(1), "b": rate(1)}, LEVELS)) is None


def test_scores_are_counted_by_level() -> None:
    assert distribution(rate(1, 5, 5, 3), LEVELS) == (1, 0, 1, 0, 2)


def test_restriction_leaves_out_raters_without_a_unit() -> None:
    kept = restrict({"a": rate(1, 2), "b": rate(None, 2)}, {("dialogue 0",)})
    assert kept == {"a": {("dialogue 0",): 1}}
