"""The report on agreement between raters: blocks, heat map, files; reads no ratings itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from psychagent.domain.script_note import JUDGED_BY_SCRIPT
from psychagent.evals.ratings.table import RatingTable
from psychagent.files.write import write_json
from psychagent.reports.evaluation.heatmap import ON_DARK, ON_LIGHT
from psychagent.reports.evaluation.published import load_published
from psychagent.reports.evaluation.warn import script_banner
from psychagent.reports.page.blocks import (
    Block,
    Gallery,
    Heading,
    Notice,
    Picture,
    Table,
    Text,
    count,
    number,
    percent,
    plural,
    signed,
)
from psychagent.reports.page.canvas import Theme, draw_picture, is_drawable
from psychagent.reports.page.write import write_page
from psychagent.stats.agreement import (
    PairAgreement,
    agree_pairs,
    distribution,
    ordinal_alpha,
    restrict,
)
from psychagent.stats.ratings import Ratings, Unit

ALL = "all"
NAME = "agreement"


@dataclass(frozen=True)
class Part:
    """Agreement over some of the units."""

    name: str
    pairs: tuple[PairAgreement, ...]
    alpha: float | None
    units: int


@dataclass(frozen=True)
class Agreement:
    """Agreement over all units, by dimension and by system."""

    whole: Part
    dimensions: tuple[Part, ...]
    systems: tuple[Part, ...]


def compute_agreement(table: RatingTable) -> Agreement:
    """Compare every pair of raters over all units, by dimension, and by system where it is known.

    Over units whose dimensions have different ranges nothing is computed: raters would agree on the ranges.
    """
    units: set[Unit] = {unit for scores in table.ratings.values() for unit in scores}
    dimensions = sorted({dimension for _, dimension in units})
    systems = sorted(set(table.systems.values()))

    def part(name: str, members: set[Unit]) -> Part:
        ratings: Ratings = restrict(table.ratings, {*members})
        levels = table.levels_of(members)
        return Part(name, agree_pairs(ratings, levels), ordinal_alpha(ratings, levels), len(members))

    return Agreement(
        whole=part(ALL, units),
        dimensions=tuple(part(name, {u for u in units if u[1] == name}) for name in dimensions),
        systems=tuple(
            part(name, {unit for unit in units if table.systems.get(unit[0]) == name}) for name in systems
        ),
    )


def agreement_blocks(table: RatingTable, agreement: Agreement) -> list[Block]:
    """Put agreement into words and tables."""
    raters = ", ".join(sorted(table.ratings))
    blocks: list[Block] = [
        Heading("Agreement between raters", 1),
        Text(f"Raters: {raters}. {plural(agreement.whole.units, 'rated unit')} (a dialogue on a dimension)."),
    ]
    if table.is_script:
        blocks.append(script_banner(JUDGED_BY_SCRIPT))
    gaps = _gaps(table)
    if gaps:
        blocks.append(Notice("warning", "Read with care", gaps))
    blocks += [Heading("Over all units"), _pair_table([agreement.whole]), *_paper(table)]
    blocks += [
        Gallery((_heatmap(agreement),), "Quadratic weighted kappa of each pair. Blank: undefined.", wide=True)
    ]
    blocks += [Heading("By dimension"), _pair_table(agreement.dimensions), _alpha_table(agreement)]
    if agreement.systems:
        blocks += [Heading("By system"), _pair_table(agreement.systems)]
    return [*blocks, Heading("Scores given"), _distribution(table)]


def _gaps(table: RatingTable) -> tuple[str, ...]:
    lines = []
    if table.unrated:
        lines.append(f"{plural(table.unrated, 'rating')} without a score count nowhere.")
    if table.left_out:
        lines.append(f"Columns left out: {', '.join(table.left_out)}.")
    if len(set(table.levels.values())) > 1:
        ranges = "; ".join(f"{name} {lv[0]:g} to {lv[-1]:g}" for name, lv in table.levels.items())
        lines.append(f"Dimensions of different ranges ({ranges}) are compared one by one, not together.")
    if table.unmatched:
        names = ", ".join(table.unmatched[:5]) + (" …" if len(table.unmatched) > 5 else "")
        lines.append(
            f"{plural(len(table.unmatched), 'dialogue')} of the ratings the judge did not judge: {names}."
        )
    return tuple(lines)


def _pair_table(parts: Sequence[Part]) -> Table:
    header = ("over", "raters", "units", "weighted kappa", "exact", "within one", "bias")
    rows = tuple(
        (
            part.name,
            f"{pair.first} and {pair.second}",
            count(pair.units),
            number(pair.kappa, 3),
            percent(pair.exact),
            percent(pair.within_one),
            signed(pair.bias),
        )
        for part in parts
        for pair in part.pairs
    )
    return Table(header, rows, "Bias: mean of the first rater's scores less the second's.", labels=2)


def _alpha_table(agreement: Agreement) -> Table:
    parts = (agreement.whole, *agreement.dimensions, *agreement.systems)
    rows = tuple((part.name, count(part.units), number(part.alpha, 3)) for part in parts)
    return Table(("over", "units", "Krippendorff's alpha, ordinal"), rows, "All raters together.")


def _paper(table: RatingTable) -> list[Block]:
    """Set the paper's numbers beside ratings on its own dimensions and range alone."""
    published = load_published().human
    own = dict.fromkeys(published.dimensions, tuple(map(float, range(published.low, published.high + 1))))
    if table.levels != own or table.is_script:
        return []
    words = "; ".join(f"{pair.pair} {pair.value:.3f}" for pair in published.kappa)
    return [Text(f"For orientation, from the paper ({published.source}): {words}.", quiet=True)]


def _distribution(table: RatingTable) -> Table:
    rows = []
    levels = sorted({level for levels in table.levels.values() for level in levels})
    for rater, scores in sorted(table.ratings.items()):
        counts = distribution({**scores}, levels)
        mean = sum(scores.values()) / len(scores)
        rows.append((rater, *(count(n) for n in counts), number(mean)))
    return Table(("rater", *(f"{level:g}" for level in levels), "mean"), tuple(rows))


def _heatmap(agreement: Agreement) -> Picture:
    parts = (agreement.whole, *agreement.dimensions)
    pairs = [(pair.first, pair.second) for pair in agreement.whole.pairs]
    kappas = {(part.name, p.first, p.second): p.kappa for part in parts for p in part.pairs}
    cells = [[kappas.get((part.name, *pair)) for part in parts] for pair in pairs]
    values = np.array([[np.nan if kappa is None else kappa for kappa in row] for row in cells], dtype=float)

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        axes.imshow(values, vmin=0, vmax=1, aspect="auto", cmap=matplotlib.colormaps["YlGnBu"])
        axes.set_xticks(
            range(len(parts)), [_label(part.name, n) for n, part in enumerate(parts)], color=theme.ink
        )
        names = [f"{_label(a, n)} / {_label(b, n)}" for n, (a, b) in enumerate(pairs)]
        axes.set_yticks(range(len(pairs)), names, color=theme.ink)
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.spines[:].set_visible(False)
        for (row, column), kappa in np.ndenumerate(values):
            if not np.isnan(kappa):
                color = ON_DARK if kappa > 0.6 else ON_LIGHT
                axes.text(column, row, f"{kappa:.2f}", ha="center", va="center", color=color)

    return draw_picture(
        "kappa", "Heat map of weighted kappa by pair and dimension", (7.5, 0.9 + 0.4 * len(pairs)), draw
    )


def _label(name: str, place: int) -> str:
    return name if is_drawable(name) else f"#{place + 1}"


def write_agreement(table: RatingTable, folder: Path) -> tuple[Agreement, list[Path]]:
    """Compute agreement and write agreement.html, .md and .json.

    Raises:
        RecordError: If a file cannot be written.
    """
    agreement = compute_agreement(table)
    blocks = agreement_blocks(table, agreement)
    page = write_page(folder, NAME, "PsychAgent: agreement between raters", blocks)
    data = folder / f"{NAME}.json"
    write_json(data, _to_data(agreement))
    return agreement, [page.html, page.markdown, data]


def _to_data(agreement: Agreement) -> list[dict[str, object]]:
    groups = {"all": [agreement.whole], "dimension": agreement.dimensions, "system": agreement.systems}
    return [
        {
            "by": kind,
            "over": part.name,
            "units": part.units,
            "alpha_ordinal": part.alpha,
            "pairs": [
                {
                    "raters": [pair.first, pair.second],
                    "units": pair.units,
                    "kappa_quadratic": pair.kappa,
                    "exact": pair.exact,
                    "within_one": pair.within_one,
                    "bias": pair.bias,
                }
                for pair in part.pairs
            ],
        }
        for kind, parts in groups.items()
        for part in parts
    ]
