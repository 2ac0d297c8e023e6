"""Write an evaluation's report: report.html, self-contained, and report.md with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic.dataclasses import dataclass as plan_class

from psychagent.assets.settings.prices import Prices
from psychagent.domain.scores import Use
from psychagent.errors import RecordError
from psychagent.evals.compare import Comparison, compare
from psychagent.evals.marks import read_marks
from psychagent.evals.numbers import compute_numbers, members_of
from psychagent.evals.scales import read_scales
from psychagent.evals.table import Scores, load_scores, to_cells
from psychagent.files.given import OPEN, Plan, require
from psychagent.files.kind import resolved
from psychagent.files.read import read_text
from psychagent.records.evaluation import EvalFolder
from psychagent.reports.evaluation.danger import gather_safety
from psychagent.reports.evaluation.figures import draw_radars, draw_trends
from psychagent.reports.evaluation.heatmap import build_grid, draw_heatmap, explain_columns
from psychagent.reports.evaluation.marks import listed_marks, marks
from psychagent.reports.evaluation.published import load_published
from psychagent.reports.evaluation.safety import safety
from psychagent.reports.evaluation.sections import (
    Material,
    by_metric,
    by_modality,
    coverage,
    headline,
    opening,
    provenance,
    silent_metrics,
)
from psychagent.reports.evaluation.spending import spending
from psychagent.reports.evaluation.versus import against, degenerate
from psychagent.reports.evaluation.warn import build_notices
from psychagent.reports.page.blocks import (
    WHY_NO_INTERVAL,
    Block,
    Blocks,
    Gallery,
    Heading,
    Text,
    interval_name,
)
from psychagent.reports.page.write import write_page
from psychagent.reports.quotes.findings import best_and_worst, read_extremes
from psychagent.reports.quotes.transcripts import FOLDER, find_pages, resolve_root, write_pages
from psychagent.scales.metrics import list_metrics
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Sampling
from psychagent.stats.panels import Estimates, estimate_panels


@plan_class(frozen=True, config=OPEN)
class ReportPlan(Plan):
    """What to report on."""

    folder: Path
    against: Path | None = None
    prices: Prices | None = None
    use: Use | None = None
    """`raw` or `verified`; None is what the evaluation was configured for."""
    sampling: Sampling = DEFAULT_SAMPLING
    data_root: Path | None = None
    """Where the judged sessions lie; None is where the evaluation found them."""


@dataclass(frozen=True)
class Report:
    """A report that was written."""

    html: Path
    markdown: Path
    blocks: Blocks
    material: Material
    comparison: Comparison | None = None
    transcripts: Path | None = None
    """Folder of the transcripts that its quotes link to; None if there is none."""


def write_report(plan: ReportPlan) -> Report:
    """Read an evaluation, compute, draw and write.

    Raises:
        SettingsError: If it is no plan.
        RecordError: If the scores cannot be read or the report cannot be written.
    """
    material = gather(require(ReportPlan, plan, "the plan"))
    versus = compare_with(material, plan)
    blocks = compose(material, versus)
    page = write_page(plan.folder, "report", "PsychAgent: evaluation report", blocks)
    write_pages(plan.folder, material.pages)
    transcripts = plan.folder / FOLDER if material.pages.dialogues else None
    comparison = versus.comparison if versus else None
    return Report(page.html, page.markdown, blocks, material, comparison, transcripts)


def gather(plan: ReportPlan) -> Material:
    """Read the scores and their scales, and compute the numbers."""
    scores = load_scores(plan.folder, plan.use)
    worthless = _read_worthless(plan.folder, scores.use)
    scales = read_scales(plan.folder, [*scores.judged_on, *(worthless.judged_on if worthless else ())])
    infos = list_metrics(scales)
    extremes = read_extremes(scores, scales)
    folder = EvalFolder(plan.folder)
    root = resolve_root(folder, plan.data_root, scores.summary.data_root)
    numbers = compute_numbers(scores, infos, plan.sampling)
    safe = gather_safety(folder)
    found = read_marks(folder.marks)
    witnesses = (witness.place for witness in extremes.witnesses())
    quoted = [*witnesses, *safe.places(), *listed_marks(found)]
    return Material(
        scores=scores,
        numbers=numbers,
        infos=infos,
        published=load_published(),
        sampling=plan.sampling,
        prices=plan.prices,
        worthless=worthless,
        safety=safe,
        marks=found,
        extremes=extremes,
        pages=find_pages(folder, root, quoted),
    )


def compose(material: Material, versus: Versus | None) -> list[Block]:
    """Put the sections in order."""
    return [
        *opening(material),
        *build_notices(material.scores, material.numbers),
        *headline(material),
        *_radars(material),
        *(against(versus.comparison, *versus.names) if versus else ()),
        *safety(material.safety, material.pages),
        *marks(material.marks, material.scores.summary.marks, material.pages),
        *by_metric(material),
        *by_modality(material),
        *_trends(material),
        *_heatmap(material),
        *best_and_worst(material.extremes, material.pages, is_script=material.scores.is_script),
        *degenerate(
            material.numbers,
            material.infos,
            estimate_worthless(material),
            origin=estimate_origin(material),
        ),
        *coverage(material),
        *spending(material),
        *provenance(material),
    ]


def _read_worthless(folder: Path, use: str) -> Scores | None:
    """Read the judge's scores of degenerate sessions; None if it was not asked for any."""
    path = EvalFolder(folder).worthless_table
    if not path.is_file() or read_text(path, RecordError).count("\n") < 2:
        return None
    return load_scores(folder, use, worthless=True)


def estimate_worthless(material: Material) -> dict[str, Estimates]:
    """Estimate the headline numbers of each kind of degenerate session."""
    if material.worthless is None:
        return {}
    return {
        str(kind): estimate_panels(to_cells(rows), members_of(rows, material.infos), material.sampling)
        for kind, rows in material.worthless.frame.groupby("baseline")
    }


def estimate_origin(material: Material) -> Estimates | None:
    """Estimate the headline numbers of the real sessions that the degenerate ones were made from."""
    if material.worthless is None:
        return None
    place = ["modality", "case_id", "session_index"]
    rows = material.scores.frame.merge(material.worthless.frame[place].drop_duplicates(), on=place)
    if rows.empty:
        return None
    return estimate_panels(to_cells(rows), members_of(rows, material.infos), material.sampling)


class Versus(NamedTuple):
    """A comparison, and what to call its two sides."""

    comparison: Comparison
    names: tuple[str, str]


def compare_with(material: Material, plan: ReportPlan) -> Versus | None:
    """Compare with the other evaluation of a plan; None if it names none.

    Raises:
        RecordError: If the other cannot be read or is the same one.
    """
    if plan.against is None:
        return None
    if resolved(plan.against) == resolved(plan.folder):
        raise RecordError(f"{plan.against}: is the evaluation itself; name another folder in --against")
    other = load_scores(plan.against, material.scores.use)
    read_scales(plan.against, other.judged_on)
    ours, theirs = (", ".join(scores.baselines) for scores in (material.scores, other))
    if not ours or not theirs or ours == theirs:
        ours, theirs = str(plan.folder), str(plan.against)
    return Versus(compare(material.scores, other, plan.sampling), (ours, theirs))


def _radars(material: Material) -> list[Block]:
    radars = draw_radars(material.numbers, material.paper, silent_metrics(material.infos))
    published = material.published
    paper = f"Paper: {published.figure3.source}; {published.caveat}. " if material.paper else ""
    caption = f"{paper}Empty session: by the default rules."
    return [Gallery(radars, caption)] if radars else []


def _trends(material: Material) -> list[Block]:
    pictures = draw_trends(material.numbers.trends)
    if not pictures:
        return [Heading("Over sessions"), Text("Every case has one session: there is no trend to show.")]
    estimates = [estimate for trend in material.numbers.trends for _, estimate in trend.points]
    between = interval_name(material.sampling.level)
    shaded = any(estimate.low is not None for estimate in estimates)
    caption = (
        "Mean of the panel's metrics over the cases that have the session; up is better on every panel, for "
        "what measures harm enters as 10 − x. The axes do not start at 0. "
        + (f"Shaded: {between}, where there are enough cases." if shaded else WHY_NO_INTERVAL)
    )
    return [Heading("Over sessions"), Gallery(pictures, caption)]


def _heatmap(material: Material) -> list[Block]:
    grid = build_grid(material.scores)
    if not grid.rows:
        return []
    words = " ".join(["Blank: not asked, or missing.", *explain_columns(material.scores, grid)])
    return [Heading("Cases by metrics"), Gallery((draw_heatmap(grid),), words, wide=True)]
