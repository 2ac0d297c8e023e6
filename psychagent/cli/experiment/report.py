"""`psychagent experiment report`: the tables of an experiment from the evaluations of its cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.experiment.plan import FileArgument, FolderOption, make_plan
from psychagent.cli.extra import needs_extra
from psychagent.cli.options import JsonOption
from psychagent.cli.shown.as_json import show_json
from psychagent.experiments.report import judged_folders
from psychagent.runs.home import require_outside


def report(
    file: FileArgument,
    save_dir: FolderOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write; default: `report` in the experiment's folder.")
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Show the paper's numbers beside them, never beside a script's.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare the systems of an experiment: its tables, as a page, Markdown and JSON."""
    plan = make_plan(file, save_dir)
    if out is not None:
        require_outside(out, "--out")
    systems = judged_folders(plan)
    with needs_extra("eval"):
        # the extra may be missing, and what the experiment lacks is said without it
        from psychagent.cli.experiment.pairs import show_pairs, write_pairs  # noqa: PLC0415
        from psychagent.cli.shown.comparison import show_compared  # noqa: PLC0415
        from psychagent.reports.comparison.write import compare_evals  # noqa: PLC0415
    written = compare_evals(
        systems,
        out=out or plan.folder / "report",
        reference=plan.settings.compared_with,
        tables=plan.settings.tables or None,
        paper=paper,
    )
    pairs = write_pairs(plan, written.json.parent)
    if as_json:
        pages = {"html": written.page.html, "markdown": written.page.markdown, "json": written.json}
        show_json({**written.data, **pages, "pairwise": pairs.data if pairs else None})
        return
    show_compared(written)
    if pairs:
        show_pairs(pairs)
