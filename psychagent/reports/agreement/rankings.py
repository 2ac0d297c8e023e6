"""How raters rank systems and dialogues: means, concordance, and people's ranking beside the judge's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psychagent.evals.ratings.judge import JUDGE
from psychagent.evals.ratings.table import RatingTable
from psychagent.stats.agreement import PairAgreement, agree_pairs
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Cell, Estimate, Sampling, bootstrap_means
from psychagent.stats.concordance import kendall_tau, kendall_w
from psychagent.stats.ratings import Unit

PEOPLE = "people together"
FEWEST_RANKED = 3
"""Fewer systems or dialogues than this make no ranking."""


@dataclass(frozen=True)
class Concordance:
    """How far people rank alike."""

    over: str
    """`systems` or `dialogues`."""
    raters: int
    ranked: int
    """What every rater rated."""
    w: float | None
    """Kendall's; None where it is undefined or too little is ranked."""


@dataclass(frozen=True)
class Rankings:
    """Means of systems and how raters rank; empty where dimensions differ in range, or no system is known."""

    means: Mapping[str, Mapping[str, Estimate]]
    """Rater, or people together -> system -> mean over dialogues and dimensions."""
    concordance: tuple[Concordance, ...]
    tau: float | None
    """Kendall's, between the judge's and people's means of systems."""
    ranked: int
    """Systems that both rated."""
    alone: Mapping[str, PairAgreement]
    """Rater -> first and last score of what the rater rated more than once."""


def rank(table: RatingTable, sampling: Sampling = DEFAULT_SAMPLING) -> Rankings:
    """Compute means, concordance and tau."""
    alone = {rater: _with_self(table, rater) for rater in sorted(table.repeats)}
    if len(set(table.levels.values())) > 1:
        return Rankings({}, (), None, 0, alone)
    means = _means(table, sampling)
    people = [rater for rater in sorted(table.ratings) if rater != JUDGE]
    over_systems = [{name: one.mean for name, one in means.get(rater, {}).items()} for rater in people]
    over_dialogues = [_by_dialogue(table.ratings[rater]) for rater in people]
    concordance = [_concord("dialogues", over_dialogues)]
    if means:
        # a mean is there for each system that a rater rated
        known = [{name: mean for name, mean in of_one.items() if mean is not None} for of_one in over_systems]
        concordance.insert(0, _concord("systems", known))
    tau, ranked = _tau(means)
    return Rankings(means, tuple(concordance), tau, ranked, alone)


def _means(table: RatingTable, sampling: Sampling) -> dict[str, dict[str, Estimate]]:
    """Average by rater and system, with intervals over the dialogues of each system."""
    cells = [
        Cell(unit[0], (who, table.systems[unit[0]]), score, table.systems[unit[0]])
        for rater, scores in sorted(table.ratings.items())
        for unit, score in sorted(scores.items())
        if table.systems.get(unit[0])
        for who in ((rater,) if rater == JUDGE else (rater, PEOPLE))
    ]
    means: dict[str, dict[str, Estimate]] = {}
    if cells:
        for (who, system), estimate in sorted(bootstrap_means(cells, sampling).items()):
            means.setdefault(who, {})[system] = estimate
    return means


def _by_dialogue(scores: Mapping[Unit, float]) -> dict[str, float]:
    given: dict[str, list[float]] = {}
    for (dialogue, _), score in scores.items():
        given.setdefault(dialogue, []).append(score)
    return {dialogue: sum(several) / len(several) for dialogue, several in given.items()}


def _concord(over: str, by_rater: Sequence[Mapping[str, float]]) -> Concordance:
    """Compare how raters rank what all of them rated."""
    common = sorted(set.intersection(*(set(of_one) for of_one in by_rater))) if by_rater else []
    w = None
    if len(common) >= FEWEST_RANKED:
        w = kendall_w([[of_one[name] for name in common] for of_one in by_rater])
    return Concordance(over, len(by_rater), len(common), w)


def _tau(means: Mapping[str, Mapping[str, Estimate]]) -> tuple[float | None, int]:
    judge, people = (
        {name: one.mean or 0.0 for name, one in means.get(who, {}).items()} for who in (JUDGE, PEOPLE)
    )
    common = sorted(judge.keys() & people.keys())
    if len(common) < FEWEST_RANKED:
        return None, len(common)
    return kendall_tau([judge[name] for name in common], [people[name] for name in common]), len(common)


def _with_self(table: RatingTable, rater: str) -> PairAgreement:
    """Hold a rater's first score of each unit against the last."""
    units = table.repeats[rater]
    ratings = {
        "first": {unit: scores[0] for unit, scores in units.items()},
        "last": {unit: scores[-1] for unit, scores in units.items()},
    }
    (pair,) = agree_pairs(ratings, table.levels_of(units))
    return pair
