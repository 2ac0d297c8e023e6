"""Ranks and their intervals, against draws laid out by hand."""

from __future__ import annotations

import numpy as np

from psychagent.stats.ranking import Rank, rank_means


def test_the_highest_mean_is_first_and_equals_share_their_places() -> None:
    ranks = rank_means({"a": 5.0, "b": 7.0, "c": 5.0}, None, 0.95)
    assert ranks == {"a": Rank(2.5), "b": Rank(1.0), "c": Rank(2.5)}


def test_rounding_is_no_rank() -> None:
    assert rank_means({"a": 0.3, "b": 0.1 + 0.2}, None, 0.95) == {"a": Rank(1.5), "b": Rank(1.5)}


def test_the_interval_holds_the_ranks_that_were_drawn() -> None:
    # a is first in 90 of 100 draws, b in 10; c is always last
    draws = np.array([[9.0, 8.0, 1.0]] * 90 + [[8.0, 9.0, 1.0]] * 10)
    ranks = rank_means({"a": 8.9, "b": 8.1, "c": 1.0}, draws, 0.95)
    assert ranks["a"] == Rank(1, 1, 2, 0.9)
    assert ranks["b"] == Rank(2, 1, 2, 0.1)
    assert ranks["c"] == Rank(3, 3, 3, 0)


def test_what_is_drawn_too_rarely_is_outside_the_interval() -> None:
    draws = np.array([[9.0, 8.0]] * 98 + [[8.0, 9.0]] * 2)
    assert rank_means({"a": 9.0, "b": 8.0}, draws, 0.95)["a"] == Rank(1, 1, 1, 0.98)


def test_draws_in_which_a_system_has_no_mean_are_left_out() -> None:
    draws = np.array([[9.0, 8.0]] * 50 + [[np.nan, 8.0]] * 50)
    assert rank_means({"a": 9.0, "b": 8.0}, draws, 0.95)["a"] == Rank(1, 1, 1, 1)
