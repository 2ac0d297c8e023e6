"""Commands that are imported when they are called, so that the command line itself starts quickly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Lazy:
    """A command by name: where its function is, and its line in the list of commands."""

    target: str
    """`module:function`; the function's signature gives the options."""
    help: str
    """The first line of the function's docstring; a test compares the two."""

    def load(self, name: str) -> TyperCommand:
        """Import the function and build its command."""
        module, _, function = self.target.partition(":")
        alone = typer.Typer(add_completion=False)
        alone.command(name)(getattr(import_module(module), function))
        command = typer.main.get_command(alone)
        assert isinstance(command, TyperCommand)
        return command


def build_group(commands: Mapping[str, Lazy], *, help: str) -> typer.Typer:
    """Build a group of lazy commands, listed in the order of the mapping."""

    class LazyGroup(TyperGroup):
        """Lists commands from their table alone, and loads the one that is called."""

        # typer's own type of the context is private in some of its versions and click's in others
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, command, rest = super().resolve_command(ctx, args)
            lazy = commands.get(name or "")
            return name, lazy.load(str(name)) if lazy else command, rest

    group = typer.Typer(
        cls=LazyGroup, help=help, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    for name, lazy in commands.items():
        group.command(name, help=lazy.help)(_listed)
    return group


def _listed() -> None:
    """Stand in the list of commands until one is called."""
