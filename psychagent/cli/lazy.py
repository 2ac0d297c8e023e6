"""Commands that are imported only when called, so that the command line starts quickly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Lazy:
    """A command that is not imported yet: where its function is, and its line in the list of commands."""

    target: str
    """`module:function`; the function's signature gives the options."""
    help: str
    """Must equal the first line of the function's docstring; a test compares the two."""

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
        """Lists commands without importing them, and loads the one that is called."""

        # Any: depending on typer's version, the context's type is private to typer or comes from click
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
    """Serve as a placeholder for a command that is not loaded yet."""
