"""`psychagent init`: a folder of one's own texts and settings."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from psychagent.assets.locate import OWN
from psychagent.assets.own import copy_assets
from psychagent.runs.home import require_outside


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the copies go; made if need be.")],
) -> None:
    """Copy configs, prompts, skills and profiles into a folder, to edit and use them from there."""
    require_outside(folder, "DIR")
    for made in copy_assets(folder):
        typer.echo(f"made {made}")
    place = shlex.quote(str(folder.absolute()))
    typer.echo(f"\nTo use them, in this shell:\n  export {OWN}={place}\n  psychagent doctor")
