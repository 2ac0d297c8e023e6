"""The best of k against brute force over all subsets."""

from __future__ import annotations

from itertools import combinations
from statistics import mean

import pytest

from psychagent.errors import ScoringError
from psychagent.scales.choose import select_best
from psychagent.stats.best_of import best_of_shares, expected_best

VALUES = [0.4, -1.2, 2.5, 0.4, 0.1, -0.3]


@pytest.mark.parametrize("k", range(1, len(VALUES) + 1))
def test_the_expected_best_is_the_mean_over_all_subsets(k: int) -> None:
    assert expected_best(VALUES, k) == pytest.approx(mean(map(max, combinations(VALUES, k))))


@pytest.mark.parametrize("k", range(1, len(VALUES) + 1))
def test_what_a_second_judge_gives_the_choice_is_the_mean_over_all_subsets(k: int) -> None:
    seconds = [5.0, 1.0, 2.0, -7.0, 3.0, 0.5]
    chosen = [select_best({i: VALUES[i] for i in some}) for some in combinations(range(len(VALUES)), k)]
    assert expected_best(seconds, k, by=VALUES) == pytest.approx(mean(seconds[i] for i in chosen))


def test_the_best_of_one_is_the_mean_and_the_best_of_all_the_highest() -> None:
    assert expected_best(VALUES, 1) == pytest.approx(mean(VALUES))
    assert expected_best(VALUES, len(VALUES)) == 2.5


def test_shares_are_as_worked_by_hand() -> None:
    # of the six pairs out of four, none has the worst on top, then 1, 2 and 3
    assert best_of_shares(4, 2) == pytest.approx([0, 1 / 6, 2 / 6, 3 / 6])


@pytest.mark.parametrize("k", [0, 7, -1])
def test_a_k_outside_the_values_is_refused(k: int) -> None:
    with pytest.raises(ScoringError, match="take k from 1 to 6"):
        expected_best(VALUES, k)
