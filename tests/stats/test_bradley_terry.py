"""Strengths from comparisons, held to a published table and to what must follow from few comparisons."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from psychagent.stats.bootstrap import Sampling
from psychagent.stats.bradley_terry import Match, Strength, bradley_terry, fit, linked, win_chance

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)
"""Baseball, American League East 1987; the winner's row, the loser's column."""
PUBLISHED = (1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0.0)
"""Agresti, Categorical Data Analysis (2002), table 10.11: log odds with Baltimore at 0."""


def test_strengths_are_those_of_a_published_table() -> None:
    (found,) = fit(np.array([WINS], dtype=float), extra_ties=0)
    assert found - found[-1] == pytest.approx(PUBLISHED, abs=0.001)
    assert found.mean() == pytest.approx(0)


def duels(first: str, second: str, wins: int, losses: int, ties: int = 0) -> list[Match]:
    results = [1.0] * wins + [0.0] * losses + [0.5] * ties
    return [Match(f"c{n}", first, second, won) for n, won in enumerate(results)]


@pytest.mark.parametrize(
    ("wins", "losses", "ties", "odds"), [(3, 1, 0, 3), (2, 2, 0, 1), (2, 0, 2, 3), (0, 0, 4, 1)]
)
def test_two_systems_stand_apart_by_the_odds_of_their_wins_with_ties_as_halves(
    wins: int, losses: int, ties: int, odds: float
) -> None:
    one, other = bradley_terry(("a", "b"), duels("a", "b", wins, losses, ties), extra_ties=0)
    assert (one.strength or 0) - (other.strength or 0) == pytest.approx(log(odds))
    assert win_chance(one.strength or 0, other.strength or 0) == pytest.approx(odds / (1 + odds))


def test_who_won_throughout_has_a_finite_strength() -> None:
    one, other = bradley_terry(("a", "b"), duels("a", "b", 4, 0))
    # one more tie: 4.5 wins to half a win
    assert (one.strength or 0) - (other.strength or 0) == pytest.approx(log(9))
    assert (one.rank, other.rank, one.comparisons) == (1, 2, 4)


def test_systems_that_were_never_compared_get_no_strength_against_each_other() -> None:
    matches = [*duels("a", "b", 3, 1), *duels("c", "d", 1, 3)]
    found = {s.system: s for s in bradley_terry(("a", "b", "c", "d", "e"), matches)}
    assert [found[name].group for name in "abcde"] == [0, 0, 1, 1, 2]
    assert found["e"] == Strength("e", 2, None)
    # each group has a zero and ranks of its own
    assert [found[name].rank for name in "abcd"] == [1, 2, 2, 1]
    assert (found["a"].strength or 0) + (found["b"].strength or 0) == pytest.approx(0)


def test_no_extra_tie_links_what_nobody_compared() -> None:
    # a beat b and b beat c: c's strength follows from b alone
    chain = [*duels("a", "b", 3, 1), *duels("b", "c", 3, 1)]
    one, two, three = bradley_terry(("a", "b", "c"), chain)
    assert (one.strength or 0) - (two.strength or 0) == pytest.approx(log(3.5 / 1.5))
    assert (two.strength or 0) - (three.strength or 0) == pytest.approx(log(3.5 / 1.5))


def test_groups_are_found_by_way_of_others() -> None:
    wins = np.zeros((5, 5))
    wins[0, 3] = wins[4, 3] = wins[1, 2] = 1
    assert linked(wins) == [[0, 3, 4], [1, 2]]


def test_intervals_are_drawn_over_cases_and_need_five_of_them() -> None:
    few, many = duels("a", "b", 3, 1), duels("a", "b", 30, 10)
    assert bradley_terry(("a", "b"), few)[0].low is None
    one = bradley_terry(("a", "b"), many)[0]
    assert one.low is not None
    assert one.high is not None
    assert 0 < one.low < (one.strength or 0) < one.high
    assert (one.rank_low, one.rank_high) == (1, 1)
    # three sessions of a case are no three cases
    thrice = bradley_terry(("a", "b"), many * 3)[0]
    assert (thrice.high or 0) - (thrice.low or 0) > 0.8 * (one.high - one.low)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held, draw = 0, np.random.default_rng(1)
    for _ in range(200):
        won = draw.random(60) < 0.6
        matches = [Match(str(n), "a", "b", float(w)) for n, w in enumerate(won)]
        found = {s.system: s for s in bradley_terry(("a", "b"), matches, Sampling(resamples=300))}
        low, high = found["a"].low, found["a"].high
        held += low is not None and high is not None and low <= log(1.5) / 2 <= high
    assert 180 <= held <= 199
