"""The report on agreement between raters as blocks; computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psychagent.evals.ratings.names import list_names, show_name
from psychagent.evals.ratings.table import RatingTable
from psychagent.reports.agreement.compute import MOST_RATERS, Agreement, Part
from psychagent.reports.agreement.notes import notes_on
from psychagent.reports.agreement.picture import draw_kappas
from psychagent.reports.agreement.ranked import ranking_blocks
from psychagent.reports.evaluation.published import load_published
from psychagent.reports.evaluation.warn import script_banner
from psychagent.reports.page.blocks import (
    NONE,
    Block,
    Gallery,
    Heading,
    Notice,
    Table,
    Text,
    count,
    interval,
    number,
    percent,
    plural,
    signed,
)
from psychagent.stats.agreement import PairAgreement, distribution, spread_of

_MOST_LEVELS = 21
"""Levels that a table has a column for."""


def agreement_blocks(table: RatingTable, agreement: Agreement) -> list[Block]:
    """Put agreement into words and tables."""
    names = list_names(sorted(table.ratings), MOST_RATERS)
    units = plural(agreement.whole.units, "rated unit")
    blocks: list[Block] = [
        Heading("Agreement between raters", 1),
        Text(f"{len(table.ratings):,} raters: {names}. {units} (a dialogue on a dimension)."),
    ]
    if table.script_notes:
        blocks.append(script_banner(*table.script_notes))
    notes = notes_on(table)
    if notes:
        blocks.append(Notice("warning", "Read with care", notes))
    pair_table = _pair_table if len(table.ratings) <= MOST_RATERS else _spread_table
    blocks += [Heading("Over all units"), pair_table([agreement.whole]), *_paper(table), *_heatmap(agreement)]
    blocks += [Heading("By dimension"), pair_table(agreement.dimensions), _alpha_table(agreement)]
    if agreement.systems:
        blocks += [Heading("By system"), pair_table(agreement.systems)]
    blocks += ranking_blocks(agreement.rankings)
    return [*blocks, Heading("Scores given"), _distribution(table)]


def _pair_table(parts: Sequence[Part]) -> Table:
    header = ("over", "raters", "units", "weighted kappa", "95% interval", "exact", "within one", "bias")
    rows = tuple(
        (show_name(part.name), *cells[:3], interval(pair.low, pair.high), *cells[3:])
        for part in parts
        for pair in part.pairs
        for cells in (_pair_cells(pair),)
    )
    caption = "Bias: mean of the first rater's scores less the second's. Intervals are drawn over dialogues."
    return Table(header, rows, caption, labels=2)


def _pair_cells(pair: PairAgreement) -> tuple[str, ...]:
    return (
        name_pair(pair),
        count(pair.units),
        number(pair.kappa, 3),
        percent(pair.exact),
        percent(pair.within_one),
        signed(pair.bias),
    )


def name_pair(pair: PairAgreement) -> str:
    """Name the two raters of a pair."""
    return f"{show_name(pair.first)} and {show_name(pair.second)}"


def _spread_table(parts: Sequence[Part]) -> Table:
    header = ("over", "kappa", "raters", "units", "weighted kappa", "exact", "within one", "bias")
    rows = tuple((show_name(part.name), *row) for part in parts for row in _spread_rows(part))
    caption = (
        "The pairs are summed up; agreement.json lists every one, or of more than 200 raters the medians of "
        "each. Bias: first less second."
    )
    return Table(header, rows, caption, labels=3)


def _spread_rows(part: Part) -> Iterator[tuple[str, ...]]:
    spread = spread_of(part.pairs)
    if spread is None:
        yield ("median", f"none of {plural(len(part.pairs), 'pair')}", *[NONE] * 5)
        return
    of = "all" if spread.defined == spread.pairs else f"{count(spread.defined)} of"
    yield (
        "median",
        f"{of} {plural(spread.pairs, 'pair')}",
        f"{spread.units:g}",
        number(spread.median, 3),
        *[NONE] * 3,
    )
    yield ("lowest", *_pair_cells(spread.lowest))
    yield ("highest", *_pair_cells(spread.highest))


def _alpha_table(agreement: Agreement) -> Table:
    parts = (agreement.whole, *agreement.dimensions, *agreement.systems)
    header = ("over", "units", "rated by two or more", "their scores", "Krippendorff's alpha, ordinal")
    rows = tuple(
        (
            show_name(part.name),
            *map(count, (part.units, part.alpha.units, part.alpha.ratings)),
            number(part.alpha.value, 3),
        )
        for part in parts
    )
    caption = "All raters together; alpha rests on the units that two or more rated."
    return Table(header, rows, caption)


def _paper(table: RatingTable) -> list[Block]:
    """Set the paper's numbers beside ratings on its own dimensions and range alone."""
    published = load_published().human
    own = dict.fromkeys(published.dimensions, tuple(map(float, range(published.low, published.high + 1))))
    if table.levels != own or table.script_notes:
        return []
    words = "; ".join(f"{pair.pair} {pair.value:.3f}" for pair in published.kappa)
    return [Text(f"For orientation, from the paper ({published.source}): {words}.", quiet=True)]


def _heatmap(agreement: Agreement) -> list[Block]:
    drawn = (
        draw_kappas(agreement, one_by_one=MOST_RATERS),
        draw_kappas(agreement, one_by_one=MOST_RATERS, by_system=True),
    )
    pictures = tuple(picture for picture in drawn if picture is not None)
    if not pictures:
        return []
    caption = (
        "Quadratic weighted kappa of each pair. Blank: undefined. A name that the picture's letters lack"
    )
    return [Gallery(pictures, f"{caption} is its number in the tables.", wide=True)]


def _distribution(table: RatingTable) -> Table:
    levels = sorted({level for levels in table.levels.values() for level in levels})
    given = {score for scores in table.ratings.values() for score in scores.values()}
    if len(levels) > _MOST_LEVELS:
        levels = sorted(given)
    header = ("rater", *(f"{level:g}" for level in levels), "scores", "mean")
    if len(levels) > _MOST_LEVELS:
        levels, header = [], ("rater", "scores", "mean")
    rows = []
    for rater, scores in sorted(table.ratings.items()):
        counts = (*distribution(scores, levels), len(scores))
        mean = sum(scores.values()) / len(scores)
        rows.append((show_name(rater), *map(count, counts), number(mean)))
    return Table(header, tuple(rows))
