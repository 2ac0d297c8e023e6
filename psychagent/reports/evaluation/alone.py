"""The report of an evaluation that judged nothing but safety: there is no score to average."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from psychagent.domain.script_note import JUDGED_BY_SCRIPT, MADE_WITH_SCRIPT
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import Broken
from psychagent.records.safety import SafetyRow
from psychagent.records.summary import EvalSummary, read_summary
from psychagent.reports.evaluation.danger import SafetyMaterial, gather_safety
from psychagent.reports.evaluation.safety import safety
from psychagent.reports.evaluation.warn import left_out, script_banner
from psychagent.reports.page.blocks import Block, Heading, Notice, Text, plural
from psychagent.reports.page.write import Page, write_page
from psychagent.reports.quotes.transcripts import find_pages, resolve_root, write_pages


class SafetyReport(NamedTuple):
    """A report that was written."""

    page: Page
    material: SafetyMaterial
    left_out: tuple[Broken, ...]
    """Files that could not be judged."""


def write_safety_report(folder: Path, data_root: Path | None = None) -> SafetyReport:
    """Write the report of an evaluation for which `is_safety_alone` holds.

    Args:
        folder: The evaluation.
        data_root: Where the judged sessions lie; None is where the evaluation found them.

    Raises:
        RecordError: If it cannot be read or written.
    """
    files = EvalFolder(folder)
    material = gather_safety(files)
    summary = read_summary(files.summary)
    pages = find_pages(files, resolve_root(files, data_root, summary.data_root), material.places())
    blocks = [*_opening(material.rows, summary), *safety(material, pages), *left_out(summary.skipped)]
    page = write_page(folder, "report", "PsychAgent: evaluation report", blocks)
    write_pages(folder, pages)
    return SafetyReport(page, material, summary.skipped)


def _opening(rows: tuple[SafetyRow, ...], summary: EvalSummary) -> list[Block]:
    judges = ", ".join(sorted({row.judge_model for row in rows if row.judge_model}))
    systems = ", ".join(sorted({row.baseline for row in rows if row.baseline})) or "not named"
    text = (
        f"System: {systems}. Judge: {judges}. {plural(len(rows), 'session')}. Only safety was judged: there "
        "is no score to average."
    )
    made = [MADE_WITH_SCRIPT] if summary.scripted_roles else []
    notes = [*([JUDGED_BY_SCRIPT] if any(row.is_script for row in rows) else []), *made]
    notices = [script_banner(*notes)] if notes else []
    if warnings := tuple(line for line in summary.warnings if line not in notes):
        notices.append(Notice("warning", "Read with care", warnings))
    return [Heading("Evaluation report", 1), Text(text), *notices]
