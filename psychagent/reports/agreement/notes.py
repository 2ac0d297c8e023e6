"""What a reader of agreement must know of its ratings: what counts nowhere, and what few rated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from psychagent.evals.ratings.judge import JUDGE
from psychagent.evals.ratings.names import list_names
from psychagent.evals.ratings.table import RatingTable
from psychagent.reports.page.blocks import plural

_MOST_COLUMNS = 24


def notes_on(table: RatingTable) -> tuple[str, ...]:
    """Say in sentences what the numbers leave out."""
    return (*_left_out(table), *_unjudged(table), *_alone(table))


def _left_out(table: RatingTable) -> Iterator[str]:
    if table.unrated:
        yield f"{plural(table.unrated, 'rating')} without a score count{_s(table.unrated)} nowhere."
    if table.silent:
        yield f"{plural(len(table.silent), 'rater')} gave no score at all: {list_names(table.silent)}."
    if table.left_out:
        yield f"Columns left out: {list_names(table.left_out, _MOST_COLUMNS)}."
    if len(set(table.levels.values())) > 1:
        ranges = [f"{name} {levels[0]:g} to {levels[-1]:g}" for name, levels in table.levels.items()]
        told = list_names(ranges, _MOST_COLUMNS)
        yield f"Dimensions of different ranges ({told}) are compared one by one, not together."


def _unjudged(table: RatingTable) -> Iterator[str]:
    """Name what people and judge do not share."""
    if not table.items:
        return
    units = {unit for name, scores in table.ratings.items() if name != JUDGE for unit in scores}
    judged = table.ratings[JUDGE].keys()
    dimensions = {dimension for _, dimension in judged}
    if table.unmatched:
        many = plural(len(table.unmatched), "dialogue")
        yield f"{many} of the ratings the judge did not judge: {list_names(table.unmatched)}."
    if lacking := sorted({dimension for _, dimension in units} - dimensions):
        yield f"Dimensions that the judge did not score, so people alone are compared: {list_names(lacking)}."
    if unasked := sorted({*table.items} - dimensions):
        yield f"Items of the judge's scale that nobody rated, which are left out: {list_names(unasked)}."
    unmatched = {*table.unmatched}
    gaps = sorted({u for u in units - judged if u[0] not in unmatched and u[1] in dimensions})
    if gaps:
        named = list_names([f"{dimension} of {dialogue}" for dialogue, dimension in gaps])
        yield f"{plural(len(gaps), 'further score')} the judge lacks: {named}."


def _alone(table: RatingTable) -> Iterator[str]:
    """Name what no two raters rated: it is in no kappa and in no alpha."""
    raters = Counter(unit for scores in table.ratings.values() for unit in scores)
    shared = {dialogue for (dialogue, _), times in raters.items() if times > 1}
    alone = sorted({dialogue for dialogue, _ in raters} - shared)
    if alone:
        many = f"{plural(len(alone), 'dialogue')} that no two raters rated on the same dimension"
        yield f"{many} count{_s(len(alone))} in no kappa and no alpha: {list_names(alone)}."
    units = sorted(unit for unit, times in raters.items() if times == 1 and unit[0] in shared)
    if units:
        named = list_names([f"{dimension} of {dialogue}" for dialogue, dimension in units])
        many = f"{plural(len(units), 'further score')} that one rater alone gave"
        yield f"{many} count{_s(len(units))} in none either: {named}."
    lonely = sorted(rater for rater, scores in table.ratings.items() if all(raters[u] == 1 for u in scores))
    if lonely:
        yield f"{plural(len(lonely), 'rater')} shared no dialogue with another: {list_names(lonely)}."


def _s(value: int) -> str:
    return "s" if value == 1 else ""
