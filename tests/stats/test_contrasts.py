"""Paired differences, their tests and effect sizes, against numbers worked by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from psychagent.stats.bootstrap import Sampling
from psychagent.stats.contrasts import (
    Contrast,
    Pair,
    cohen_dz,
    contrast_pairs,
    correct,
    holm,
    signed_rank,
)

FEW = Sampling(resamples=200)


def contrast(ours: Sequence[float], theirs: Sequence[float]) -> Contrast:
    pairs = [Pair(f"case {n}", a, b) for n, (a, b) in enumerate(zip(ours, theirs, strict=True))]
    return contrast_pairs(pairs, FEW)


def test_the_signed_rank_test_is_as_worked_by_hand() -> None:
    found = contrast([5.1, 5.2, 5.3, 5.4, 5.5, 5.6], [5.0] * 6)
    assert found.difference == pytest.approx(0.35)
    assert found.p == pytest.approx(2 / 2**6)
    assert found.rank_biserial == pytest.approx(1.0)
    assert (found.wins, found.ties, found.losses) == (6, 0, 0)


def test_the_effect_sizes_are_as_worked_by_hand() -> None:
    # differences 1, 2, -3, 4: ranks 1+2+4-3 of 10; mean 1, squares about it 0+1+16+9 over 3
    found = contrast([6, 7, 2, 9], [5, 5, 5, 5])
    assert found.rank_biserial == pytest.approx(0.4)
    assert found.dz == pytest.approx(1 / math.sqrt(26 / 3))
    assert (found.wins, found.ties, found.losses) == (3, 0, 1)


def test_swapping_the_conditions_turns_every_sign_and_no_p() -> None:
    one, other = contrast([6, 7, 2, 9], [5, 5, 5, 5]), contrast([5, 5, 5, 5], [6, 7, 2, 9])
    assert one.difference == pytest.approx(-(other.difference or 0))
    assert one.rank_biserial == pytest.approx(-(other.rank_biserial or 0))
    assert one.dz == pytest.approx(-(other.dz or 0))
    assert one.p == pytest.approx(other.p)


def test_equal_differences_still_get_an_exact_test() -> None:
    found = contrast([6.0] * 6, [5.0] * 6)
    assert found.p == pytest.approx(2 / 2**6)
    assert found.dz is None


def test_cases_that_tie_throughout_are_not_tested() -> None:
    found = contrast([5.0, 6.0], [5.0, 6.0])
    assert (found.p, found.rank_biserial) == (None, None)
    assert (found.wins, found.ties, found.losses) == (0, 2, 0)


def test_a_difference_of_rounding_is_a_tie() -> None:
    assert contrast([0.1 + 0.2], [0.3]).ties == 1


def test_one_pair_has_no_interval() -> None:
    found = contrast([6.0], [5.0])
    assert (found.difference, found.low, found.dz, found.p) == (1.0, None, None, 1.0)


def test_a_difference_over_four_pairs_has_no_interval_and_over_five_it_has() -> None:
    four, five = contrast([6, 7, 2, 9], [5] * 4), contrast([6, 7, 2, 9, 4], [5] * 5)
    assert (four.low, four.high) == (None, None)
    assert five.low is not None


def test_no_pair_has_no_numbers() -> None:
    assert contrast([], []) == Contrast(cases=0)


def test_many_tied_pairs_are_tested_without_a_warning() -> None:
    p = contrast([6.0] * 20, [5.0] * 10 + [5.5] * 10).p
    assert p is not None
    assert p < 0.001


def test_pairs_are_resampled_within_their_stratum() -> None:
    pairs = [
        Pair(f"{stratum} {n}", value, 5.0, stratum)
        for stratum, value in (("bt", 4.0), ("cbt", 8.0))
        for n in range(3)
    ]
    found = contrast_pairs(pairs, FEW)
    assert (found.low, found.high) == pytest.approx((1.0, 1.0))


def test_zeros_take_no_part_in_the_signed_rank_test() -> None:
    with_zeros, without = (
        signed_rank(np.array([0.0, 1.0, -2.0, 3.0])),
        signed_rank(np.array([1.0, -2.0, 3.0])),
    )
    assert with_zeros == without
    assert signed_rank(np.zeros(3)) is None


def test_one_difference_has_no_spread_to_be_measured_in() -> None:
    assert cohen_dz(np.array([1.0])) is None


def test_holms_correction_is_as_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_holms_correction_passes_over_what_was_not_tested() -> None:
    assert holm([None, 0.02, None]) == [None, 0.02, None]
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_a_family_of_contrasts_is_corrected_in_order() -> None:
    corrected = correct([Contrast(p=0.01), Contrast(), Contrast(p=0.04)])
    assert [found.p_holm for found in corrected] == [pytest.approx(0.02), None, pytest.approx(0.04)]
    assert [found.p for found in corrected] == [0.01, None, 0.04]
