"""Code that is imported only when it is called, so that the command line starts quickly.

The only place of the command line that imports by a name in a string. A command states at its top what it
will need later; by then settings, paths and keys are checked, and a wrong one was refused at once.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar, cast

import typer
from typer.core import TyperCommand, TyperGroup

T = TypeVar("T")

HELP = {"help_option_names": ["-h", "--help"]}
"""How help is asked for, of every group and command."""
PLAIN = None
"""Help pages as plain text: the packages that draw boxes around them cost half of what a page takes."""


@dataclass(frozen=True)
class Later(Generic[T]):
    """Something that is not imported yet; annotate it with its type."""

    target: str
    """`module:name`."""

    def load(self) -> T:
        """Import it."""
        module, _, name = self.target.partition(":")
        with _no_collector():
            return cast("T", getattr(import_module(module), name))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Look for no garbage while a block runs: imports make none, and a sixth of their time goes there."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


BUILD: Later[Callable[[str, Callable[..., None], str], TyperCommand]] = Later(
    "psychagent.cli.given.command:build_command"
)


@dataclass(frozen=True)
class Lazy:
    """A command that is not imported yet: where its function is, and its line in the list of commands."""

    target: str
    """`module:function`; the function's signature gives the options."""
    help: str
    """Must equal the first line of the function's docstring; a test compares the two."""

    def load(self, name: str) -> TyperCommand:
        """Import the function and build its command."""
        return BUILD.load()(name, Later[Callable[..., None]](self.target).load(), self.help)


def build_group(commands: Mapping[str, Lazy], *, help: str, completes: bool = False) -> typer.Typer:
    """Build a group of lazy commands, listed in the order of the mapping.

    Args:
        commands: The commands by name.
        help: What the group's help page says.
        completes: Whether it has the options that print and install shell completion.
    """

    class LazyGroup(TyperGroup):
        """Lists commands without importing them, and loads the one that is called."""

        # Any: depending on typer's version, the context's type is private to typer or comes from click
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            if args[0] not in self.commands and args[0].lower() in self.commands:
                # words in other letters are far from all others, as typer looks for the nearest
                ctx.fail(f"No such command {args[0]!r}. Did you mean {args[0].lower()!r}?")
            name, command, rest = super().resolve_command(ctx, args)
            lazy = commands.get(name or "")
            return name, lazy.load(str(name)) if lazy else command, rest

    group = typer.Typer(
        cls=LazyGroup,
        help=help,
        no_args_is_help=True,
        add_completion=completes,
        context_settings=HELP,
        pretty_exceptions_enable=False,
        rich_markup_mode=PLAIN,
    )
    for name, lazy in commands.items():
        # the short help is shown whole; the long one would be cut
        group.command(name, help=lazy.help, short_help=lazy.help)(_listed)
    return group


def _listed() -> None:
    """Serve as a placeholder for a command that is not loaded yet."""
