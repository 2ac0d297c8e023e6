"""`psychagent norms`: compute norms for the reward from your own evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from psychagent.cli.options import ScoreUse
from psychagent.cli.shown.console import open_console
from psychagent.evals.norms import ComputedNorms, compute_norms, write_norms
from psychagent.files.own import require_own
from psychagent.runs.home import require_free


def norms(
    eval_dir: Annotated[Path, typer.Argument(help="Output folder of `psychagent eval`.")],
    out: Annotated[
        Path, typer.Option(help="File to write (YAML); name it under `norms` in rollout settings.")
    ],
    use: Annotated[ScoreUse, typer.Option(help="Which scores count.")] = "raw",
    min_values: Annotated[int, typer.Option(min=2, help="Fewest values that a norm needs.")] = 10,
    all_metrics: Annotated[
        bool, typer.Option("--all-metrics", help="Also metrics of scales outside the reward.")
    ] = False,
) -> None:
    """Compute the means and spreads that rewards are measured in."""
    require_free(out, "--out")
    computed = compute_norms(eval_dir, use=use, least=min_values, all_metrics=all_metrics)
    require_own(out, (b"counselor:", b"client:", b"clip:"), "name another --out")
    write_norms(computed.norms, out)
    console = open_console()
    console.print(_norms_table(computed))
    for name, why in computed.left_out.items():
        console.print(f"left out: {name} ({why})", style="yellow", highlight=False, markup=False)
    console.print(f"Norms: {out}", soft_wrap=True, highlight=False, markup=False)


def _norms_table(computed: ComputedNorms) -> Table:
    title = f"{computed.sessions} sessions of {computed.courses} courses"
    table = Table(title=title, title_justify="left")
    for column in ("metric", "compared as", "mean", "std"):
        table.add_column(column, justify="left" if column in {"metric", "compared as"} else "right")
    sides = (("counselor", "level", computed.norms.counselor), ("client", "change", computed.norms.client))
    for side, compared_as, metrics in sides:
        for key, norm in metrics.items():
            turned = " (lower is better)" if norm.lower_is_better else ""
            table.add_row(f"{side} {key}{turned}", compared_as, f"{norm.mean:.3f}", f"{norm.std:.3f}")
    return table
