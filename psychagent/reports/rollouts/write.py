"""Write the report of a run with rollouts: report.html, self-contained, and report.md with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psychagent.assets.settings.prices import Prices
from psychagent.reports.page.blocks import Block, Blocks, Gallery, Heading, interval_name
from psychagent.reports.page.write import write_page
from psychagent.reports.rollouts.figures import (
    draw_agreement,
    draw_by_session,
    draw_curve,
    draw_lengths,
)
from psychagent.reports.rollouts.gain import best_of_k, by_metric, every_rollout, gain
from psychagent.reports.rollouts.material import RftMaterial
from psychagent.reports.rollouts.numbers import compute_rft
from psychagent.reports.rollouts.read import read_rft_run
from psychagent.reports.rollouts.sections import (
    gaps,
    lengths,
    opening,
    provenance,
    second_judge,
    spending,
)
from psychagent.reports.rollouts.strips import draw_strips, explain_names
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Sampling


@dataclass(frozen=True)
class RftReport:
    """A report that was written."""

    html: Path
    markdown: Path
    blocks: Blocks
    material: RftMaterial


def write_rft_report(
    folder: Path, *, sampling: Sampling = DEFAULT_SAMPLING, prices: Prices | None = None
) -> RftReport:
    """Read a run, compute, draw and write.

    Raises:
        RecordError: If the run cannot be read or the report cannot be written.
    """
    run = read_rft_run(folder)
    material = RftMaterial(run, compute_rft(run, sampling), sampling, prices)
    blocks = compose(material)
    page = write_page(folder, "report", "PsychAgent: rollout report", blocks)
    return RftReport(page.html, page.markdown, blocks, material)


def compose(material: RftMaterial) -> list[Block]:
    """Put the sections in order."""
    return [
        *opening(material),
        *gain(material),
        *_gallery(material),
        *by_metric(material),
        *best_of_k(material),
        *_every_rollout(material),
        *second_judge(material),
        *lengths(material),
        *gaps(material),
        *spending(material),
        *provenance(material),
    ]


def _gallery(material: RftMaterial) -> list[Block]:
    """Show the small figures, and explain of them what is there."""
    numbers, sessions = material.numbers, material.run.sessions
    between = interval_name(material.sampling.level)
    drawn = (
        (draw_by_session(numbers), f"Whiskers: {between}s over cases." if numbers.has_interval else ""),
        (draw_curve(numbers.curve), f"Shaded: {between}s over cases." if numbers.has_interval else ""),
        (draw_agreement(sessions), "Two judges: each rollout against the mean of its session."),
        (draw_lengths(sessions), ""),
    )
    pictures = tuple(picture for picture, _ in drawn if picture)
    caption = " ".join(words for picture, words in drawn if picture and words)
    return [Gallery(pictures, caption)] if pictures else []


def _every_rollout(material: RftMaterial) -> list[Block]:
    sessions = material.run.sessions
    strips = draw_strips(sessions)
    table = every_rollout(sessions)
    if strips is None:
        return table
    names = explain_names(sessions)
    return [Heading("Every rollout"), Gallery((strips,), names, wide=True), *table]
