"""`psychagent settings-reference`: what configs/README.md is written with."""

from __future__ import annotations

import typer


def settings_reference() -> None:
    """Print every field of every settings model as Markdown."""
    from psychagent.assets.reference import write_reference

    typer.echo(write_reference(), nl=False)
