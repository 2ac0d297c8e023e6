"""`psychagent norms`: norms for the reward from one's own evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.errors import SettingsError


def norms(
    eval_dir: Annotated[Path, typer.Argument(help="Output folder of `psychagent eval`.")],
    out: Annotated[
        Path, typer.Option(help="File to write (YAML); name it under `norms` in rollout settings.")
    ],
    use: Annotated[str, typer.Option(help="Which scores count: raw or verified.")] = "raw",
    min_values: Annotated[int, typer.Option(min=2, help="Fewest values a metric's norm may rest on.")] = 10,
    all_metrics: Annotated[
        bool, typer.Option("--all-metrics", help="Also metrics of scales outside the reward.")
    ] = False,
) -> None:
    """Compute the means and spreads that rewards are measured in."""
    from rich.console import Console
    from rich.table import Table

    from psychagent.evals.norms import compute_norms, write_norms

    if use not in {"raw", "verified"}:
        raise SettingsError(f"--use has {use!r}; give raw or verified")
    found = compute_norms(eval_dir, use=use, least=min_values, all_metrics=all_metrics)
    write_norms(found.norms, out)
    console = Console()
    title = f"{found.sessions} sessions of {found.courses} courses"
    table = Table(title=title, title_justify="left")
    for column in ("metric", "compared as", "mean", "std"):
        table.add_column(column, justify="left" if column in {"metric", "compared as"} else "right")
    for side, what in (("counselor", "level"), ("client", "change")):
        for key, norm in getattr(found.norms, side).items():
            turned = " (lower is better)" if norm.lower_is_better else ""
            table.add_row(f"{side} {key}{turned}", what, f"{norm.mean:.3f}", f"{norm.std:.3f}")
    console.print(table)
    for name, why in found.left_out.items():
        console.print(f"left out: {name} ({why})", style="yellow", highlight=False)
    console.print(f"Norms: {out}", soft_wrap=True, highlight=False)
