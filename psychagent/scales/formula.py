"""The formulas that turn a filled-in scale into a score; knows no scale, no file and no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from psychagent.domain.scores import TOP
from psychagent.errors import ScoringError


@dataclass(frozen=True, slots=True)
class Answers:
    """A scale's item values as the judge gave them, with the range and the reversed items."""

    values: Mapping[str, float]
    reverse: frozenset[str]
    lo: float
    hi: float

    def raw(self, item: str) -> float:
        """Return an item's value on lo to hi, a reversed one mirrored.

        Raises:
            ScoringError: If the item has no value or one outside the range.
        """
        if item not in self.values:
            raise ScoringError(f"no value for item {item!r}; answer every item of the scale")
        value = self.values[item]
        if not self.lo <= value <= self.hi:
            raise ScoringError(f"item {item!r} is {value}; give {self.lo} to {self.hi}")
        return self.lo + self.hi - value if item in self.reverse else value

    def scaled(self, item: str) -> float:
        """Return an item's value on 0 to 10: (x - lo) * 10 / (hi - lo), reversed 10 minus that."""
        return (self.raw(item) - self.lo) * TOP / (self.hi - self.lo)


Groups = Sequence[Sequence[str]]
Formula = Callable[[Answers, Sequence[str], Groups], float]


def mean_items(answers: Answers, items: Sequence[str], groups: Groups) -> float:
    """Return the plain mean of the items, each on 0 to 10.

    One item that is given on 0 to 10 is returned as it is.
    Source: PsychAgent reference release, all scales but PANAS, RRO and HUMAN_VS_LLM.
    """
    return _mean([answers.scaled(item) for item in items])


def mean_of_factor_means(answers: Answers, items: Sequence[str], groups: Groups) -> float:
    """Return the mean of the groups' means, 0 to 10: each group weighs the same at any size.

    Source: PsychAgent reference release, the observed real relationship.
    """
    return _mean([mean_items(answers, group, ()) for group in groups])


def balance(answers: Answers, items: Sequence[str], groups: Groups) -> float:
    """Return (first - second + 10) / 2 of two groups' means, 0 to 10; 5 is an even balance.

    Raises:
        ScoringError: If there are not exactly two groups.

    Source: PsychAgent reference release, positive and negative affect.
    """
    if len(groups) != 2:
        raise ScoringError(f"a balance weighs 2 groups of items, {len(groups)} given")
    first, second = (mean_items(answers, group, ()) for group in groups)
    return (first - second + TOP) / 2


def mean_raw(answers: Answers, items: Sequence[str], groups: Groups) -> float:
    """Return the mean of the items on lo to hi, not rescaled.

    Source: PsychAgent reference release, the rubric of the human evaluation.
    """
    return _mean([answers.raw(item) for item in items])


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "mean_items": mean_items,
        "mean_of_factor_means": mean_of_factor_means,
        "balance": balance,
        "mean_raw": mean_raw,
    }
)
"""Every formula that a scale's file may name."""


def score_metric(
    formula: str,
    values: Mapping[str, float],
    items: Sequence[str],
    *,
    reverse: frozenset[str],
    lo: float,
    hi: float,
    groups: Groups = (),
) -> float:
    """Score one metric of a filled-in scale, before any inversion for a headline.

    Args:
        formula: A key of `FORMULAS`.
        values: What the judge gave, by item id, on lo to hi; other items may be there too.
        items: The items of the metric; unused by formulas that work on groups.
        reverse: Ids whose value is mirrored within the range.
        lo: Lowest value of an item.
        hi: Highest value of an item.
        groups: The items of each of the metric's factors, in the order in which it names them.

    Returns:
        A score on 0 to 10; on lo to hi for `mean_raw`.

    Raises:
        ScoringError: If the formula is unknown, the range or a list of items is empty, or a
            value is missing or out of range.
    """
    if formula not in FORMULAS:
        raise ScoringError(f"no formula {formula!r}; known: {', '.join(FORMULAS)}")
    if not lo < hi:
        raise ScoringError(f"items range from {lo} to {hi}; the upper end must be higher")
    return FORMULAS[formula](Answers(values, reverse, lo, hi), items, groups)


def _mean(numbers: Sequence[float]) -> float:
    if not numbers:
        raise ScoringError("nothing to average; name the items or factors of the metric")
    return sum(numbers) / len(numbers)
