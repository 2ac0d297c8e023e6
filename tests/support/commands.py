"""The commands of the command line, loaded as a call would load them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup


def load_command(group: TyperGroup, name: str) -> Any:
    """Load a command of a group; an unknown name is a usage error."""
    return group.resolve_command(typer.Context(group), [name])[1]


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below one, loaded, with the words that reach it."""
    yield path, command
    if isinstance(command, TyperGroup):
        for name in command.commands:
            yield from walk(load_command(command, name), (*path, name))
