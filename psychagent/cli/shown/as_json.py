"""Print records as JSON, for programs that read what a command found."""

from __future__ import annotations

from typing import Any

import typer
from pydantic_core import to_json


def show_json(data: Any) -> None:
    """Print records, alone or in lists and mappings."""
    typer.echo(to_json(data, indent=2))
