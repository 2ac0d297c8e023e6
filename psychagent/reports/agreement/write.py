"""Write the report on agreement: a page in two forms, and every number as data."""

from __future__ import annotations

from pathlib import Path

from psychagent.evals.ratings.table import RatingTable
from psychagent.files.write import write_json
from psychagent.reports.agreement.compute import Agreement, compute_agreement
from psychagent.reports.agreement.sections import agreement_blocks
from psychagent.reports.page.write import write_page

NAME = "agreement"


def write_agreement(table: RatingTable, folder: Path) -> tuple[Agreement, list[Path]]:
    """Compute agreement and write agreement.html, .md and .json.

    Raises:
        RecordError: If a file cannot be written.
    """
    agreement = compute_agreement(table)
    blocks = agreement_blocks(table, agreement)
    page = write_page(folder, NAME, "PsychAgent: agreement between raters", blocks)
    data = folder / f"{NAME}.json"
    write_json(data, to_data(agreement))
    return agreement, [page.html, page.markdown, data]


def to_data(agreement: Agreement) -> list[dict[str, object]]:
    """Write every number as data: by part, and in it by pair."""
    groups = {"all": [agreement.whole], "dimension": agreement.dimensions, "system": agreement.systems}
    return [
        {
            "by": kind,
            "over": part.name,
            "units": part.units,
            "alpha_ordinal": part.alpha.value,
            "alpha_units": part.alpha.units,
            "alpha_scores": part.alpha.ratings,
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
