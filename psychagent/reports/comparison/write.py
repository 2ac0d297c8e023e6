"""Compare evaluations by system and write the report: comparison.html, .md with its pictures, and .json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic.dataclasses import dataclass as plan_class

from psychagent.domain.scores import Use
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.systems.load import check_several, load_systems
from psychagent.evals.systems.numbers import Tables, compare_systems
from psychagent.files.given import OPEN, Plan, to_path
from psychagent.files.own import require_own
from psychagent.files.write import write_json
from psychagent.reports.comparison.danger import safety
from psychagent.reports.comparison.data import to_data
from psychagent.reports.comparison.figures import (
    choose_lines,
    draw_system_radars,
    draw_system_trends,
    explain_lines,
)
from psychagent.reports.comparison.material import Material, read_safety_of
from psychagent.reports.comparison.sections import (
    HEADLINE,
    by_metric,
    conduct,
    differences,
    headline_tables,
    opening,
    slopes,
)
from psychagent.reports.evaluation.danger import is_safety_alone
from psychagent.reports.evaluation.published import load_published
from psychagent.reports.evaluation.sections import LIMITS
from psychagent.reports.page.blocks import Block, Gallery, Heading, Text
from psychagent.reports.page.write import Page, write_page
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Sampling

NAME = "comparison"


@dataclass(frozen=True)
class Compared:
    """A comparison that was written."""

    material: Material
    page: Page
    json: Path
    data: Mapping[str, Any]


def compare_evals(
    systems: Mapping[str, Sequence[Path]],
    *,
    out: Path,
    reference: str | None = None,
    tables: Tables | None = None,
    paper: bool = False,
    use: Use | None = None,
    sampling: Sampling = DEFAULT_SAMPLING,
) -> Compared:
    """Compare systems by their evaluations, and write the report.

    Args:
        systems: Name -> its evaluations, one for each seed.
        out: The folder to write to.
        reference: The system that all others are held against; None is the first.
        tables: Title -> the systems of that table; None is one table of all.
        paper: Whether the paper's numbers stand beside them; they never do beside a script's.
        use: `raw` or `verified`; None is what the first evaluation was configured for.
        sampling: How intervals are drawn.

    Raises:
        SettingsError: If a name is unknown, or there are fewer than two systems.
        RecordError: If an evaluation cannot be read, or the report not be written.
    """
    folder = to_path(out, "the folder to write to")
    material = gather(ComparisonPlan(systems, reference, tables, paper, use, sampling))
    target, data = folder / f"{NAME}.json", to_data(material)
    require_own(target, (b'"reference"',), "move it away, or give it another name")
    page = write_page(folder, NAME, "PsychAgent: comparison of systems", compose(material))
    write_json(target, data)
    return Compared(material, page, target, data)


@plan_class(frozen=True, config=OPEN)
class ComparisonPlan(Plan):
    """What to compare; see `compare_evals`."""

    systems: Mapping[str, Sequence[Path]]
    reference: str | None = None
    tables: Mapping[str, Sequence[str]] | None = None
    paper: bool = False
    use: Use | None = None
    sampling: Sampling = DEFAULT_SAMPLING


def gather(plan: ComparisonPlan) -> Material:
    """Read the evaluations and compute the numbers.

    Raises:
        SettingsError: If a name is unknown, or there are fewer than two systems.
        RecordError: If an evaluation cannot be read.
    """
    folders = plan.systems
    check_several(folders)
    chosen = next(iter(folders)) if plan.reference is None else plan.reference
    shown: Tables = plan.tables or {HEADLINE: tuple(folders)}
    _check_known(folders, "the reference", [chosen])
    for title, names in shown.items():
        _check_known(folders, f"table {title!r}", names)
    for path in (path for paths in folders.values() for path in paths):
        if is_safety_alone(path):
            raise RecordError(f"{path}: holds no score, only rates on safety; evaluate on other scales, too")
    found = load_systems(folders, plan.use)
    return Material(
        systems=found,
        contest=compare_systems(found, shown, chosen, plan.sampling),
        tables=shown,
        safety={name: read_safety_of(system) for name, system in found.items()},
        published=load_published() if plan.paper else None,
    )


def _check_known(folders: Mapping[str, Sequence[Path]], what: str, names: Sequence[str]) -> None:
    if not names:
        raise SettingsError(f"{what} names no system; name one of {', '.join(folders)}")
    if unknown := [name for name in names if name not in folders]:
        raise SettingsError(f"{what} names {unknown[0]!r}, which is no system; known: {', '.join(folders)}")


def compose(material: Material) -> list[Block]:
    """Put the sections in order."""
    return [
        *opening(material),
        *headline_tables(material),
        *differences(material),
        *_pictures(material),
        *conduct(material),
        *safety(material),
        Heading("All metrics, and limits"),
        *by_metric(material),
        *(Text(line) for line in LIMITS),
    ]


def _pictures(material: Material) -> list[Block]:
    contest = material.contest
    lines = choose_lines(contest)
    words = explain_lines(lines, contest)
    radars = draw_system_radars(contest.standings, lines, material.headlines)
    trends = draw_system_trends(contest.standings, lines)
    blocks: list[Block] = [Heading("By metric"), Gallery(radars, words)] if radars else []
    if not trends:
        none = "Every case has one session: there is no trend to show."
        return [*blocks, Heading("Over sessions"), Text(none)]
    caption = f"{_TREND} {words}".strip()
    return [*blocks, Heading("Over sessions"), Gallery(trends, caption), slopes(material)]


_TREND = (
    "Mean of the panel's metrics over the cases that have the session: later sessions exist only for courses "
    "that lasted, and these differ by system. The axes do not start at 0."
)
