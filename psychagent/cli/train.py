"""`psychagent train`: rejection fine-tuning on an export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from psychagent.assets.docstrings import require_docstrings
from psychagent.assets.settings.train import load_train_settings
from psychagent.cli.extra import needs_extra
from psychagent.runs.home import require_outside
from psychagent.train.data import prepare


def train(
    config: Annotated[
        Path | None,
        typer.Option(help="Training settings: a YAML file, or a bundled name; default: the paper's."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Export to train on (JSONL).")] = None,
    output_dir: Annotated[Path | None, typer.Option(help="Where the trained model goes.")] = None,
) -> None:
    """Fine-tune a model on the chosen sessions of an export (needs the extra `train`)."""
    settings = load_train_settings(config)
    if folder := output_dir or settings.output_dir:
        require_outside(folder, "--output-dir")
    # before what trains is imported, which takes many seconds
    prepare(settings, data=data, output=output_dir)
    require_docstrings("transformers")
    with needs_extra("train"):
        # the extra may be missing, and the help page is shown without it
        import datasets  # noqa: PLC0415

        from psychagent.train.train import run_training  # noqa: PLC0415

    if not sys.stderr.isatty():
        datasets.disable_progress_bars()

    result = run_training(settings, data=data, output=output_dir, on_log=_show)
    typer.echo(f"{result.steps} steps on {result.samples} samples")
    if result.too_long:
        typer.secho(f"left out: {result.too_long} samples longer than {settings.context} tokens", fg="yellow")
    if result.loss_before is not None and result.loss_after is not None:
        typer.echo(f"loss on the training data: {result.loss_before:.4f} -> {result.loss_after:.4f}")
    if settings.tiny_model:
        typer.secho("A random small model: it shows that training works, and no more.", fg="yellow")
    typer.echo(f"Model: {result.folder}")


def _show(step: int, values: dict[str, Any]) -> None:
    for name in ("loss", "eval_loss"):
        if name in values:
            typer.echo(f"step {step:>6}  {name} {values[name]:.4f}")
