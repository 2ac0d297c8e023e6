"""Write the report of a run with rollouts: report.html, self-contained, and report.md with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psychagent.assets.settings.judge import Prices
from psychagent.reports.page.blocks import Block, Blocks, Gallery, interval_name
from psychagent.reports.page.write import write_page
from psychagent.reports.rollouts.figures import draw_agreement, draw_by_session, draw_lengths, draw_strips
from psychagent.reports.rollouts.numbers import compute_rft
from psychagent.reports.rollouts.read import read_rft_run
from psychagent.reports.rollouts.sections import (
    RftMaterial,
    gain,
    gaps,
    lengths,
    opening,
    provenance,
    second_judge,
    spending,
)
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
    sessions = material.run.sessions
    drawn = (
        draw_by_session(material.numbers),
        draw_strips(sessions),
        draw_agreement(sessions),
        draw_lengths(sessions),
    )
    pictures = tuple(picture for picture in drawn if picture)
    caption = (
        f"Whiskers: {interval_name(material.sampling.level)}s over cases. Two judges: each rollout against "
        "the mean of its session."
    )
    gallery: list[Block] = [Gallery(pictures, caption)] if pictures else []
    return [
        *opening(material),
        *gain(material),
        *gallery,
        *second_judge(material),
        *lengths(material),
        *gaps(material),
        *spending(material),
        *provenance(material),
    ]
