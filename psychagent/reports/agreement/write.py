"""Write the report on agreement: a page in two forms, and every number as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from psychagent.evals.ratings.table import RatingTable
from psychagent.files.write import write_json
from psychagent.reports.agreement.compute import Agreement, compute_agreement
from psychagent.reports.agreement.ranked import ranking_data
from psychagent.reports.agreement.sections import agreement_blocks
from psychagent.reports.page.write import write_page
from psychagent.stats.agreement import PairAgreement

RANKINGS = "agreement_rankings.json"
NAME, MOST_PAIRS = "agreement", 20_000
"""Pairs of a part that are listed one by one: those of 200 raters. Those of 1,000 would fill 640 MB."""


def write_agreement(table: RatingTable, folder: Path) -> tuple[Agreement, list[Path]]:
    """Compute agreement and write agreement.html, .md and .json, and the rankings as data.

    Raises:
        RecordError: If a file cannot be written.
    """
    agreement = compute_agreement(table)
    blocks = agreement_blocks(table, agreement)
    page = write_page(folder, NAME, "PsychAgent: agreement between raters", blocks)
    data = folder / f"{NAME}.json"
    write_json(data, to_data(agreement))
    write_json(folder / RANKINGS, ranking_data(agreement.rankings))
    return agreement, [page.html, page.markdown, data]


def to_data(agreement: Agreement) -> list[dict[str, object]]:
    """Write the numbers as data: by part, and in it by pair, or by rater where there are too many pairs."""
    groups = {"all": [agreement.whole], "dimension": agreement.dimensions, "system": agreement.systems}
    return [
        {
            "by": kind,
            "over": part.name,
            "units": part.units,
            "alpha_ordinal": part.alpha.value,
            "alpha_units": part.alpha.units,
            "alpha_scores": part.alpha.ratings,
            **_pairs(part.pairs),
        }
        for kind, parts in groups.items()
        for part in parts
    ]


def _pairs(pairs: Sequence[PairAgreement]) -> dict[str, object]:
    if len(pairs) > MOST_PAIRS:
        return {"pairs": [], "pairs_left_out": len(pairs), "raters": _by_rater(pairs)}
    listed = [
        {
            "raters": [pair.first, pair.second],
            "units": pair.units,
            "kappa_quadratic": pair.kappa,
            "kappa_low": pair.low,
            "kappa_high": pair.high,
            "exact": pair.exact,
            "within_one": pair.within_one,
            "bias": pair.bias,
        }
        for pair in pairs
    ]
    return {"pairs": listed, "pairs_left_out": 0}


def _by_rater(pairs: Sequence[PairAgreement]) -> list[dict[str, object]]:
    """Sum up each rater's pairs: that shows who rates unlike the others."""
    kappas, biases = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for pair in pairs:
        for name, sign in ((pair.first, 1), (pair.second, -1)):
            if pair.kappa is not None:
                kappas[name].append(pair.kappa)
            if pair.bias is not None:
                biases[name].append(sign * pair.bias)
    return [
        {
            "rater": name,
            "pairs_with_kappa": len(kappas[name]),
            "median_kappa_quadratic": median(kappas[name]) if kappas[name] else None,
            "median_bias": median(biases[name]) if biases[name] else None,
        }
        for name in sorted({name for pair in pairs for name in (pair.first, pair.second)})
    ]
