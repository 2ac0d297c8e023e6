"""A command that refuses values which no command could use; knows nothing of what its options mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from typer.core import TyperCommand

from psychagent.cli.given.effect import Needs, Unless, check_effect, check_once, option_name, rules_of
from psychagent.cli.lazy import HELP, PLAIN, Later
from psychagent.domain.words.cut import cut_middle
from psychagent.errors import SettingsError
from psychagent.files.kind import followed, other_kind
from psychagent.files.name import why_no_path
from psychagent.files.refused import remedy_of, why

PROBLEM: Later[Callable[..., str]] = Later("psychagent.domain.words.field:problem_of")
_FILE = "FILE"
"""In the placeholder of a text that may name a file, such as `ID_OR_FILE`."""
_SHOWN = 80


class CheckedCommand(TyperCommand):
    """Checks every value as it was typed: once it is a path, an empty one is the working directory."""

    types: Mapping[str, frozenset[Any]] = {}
    """What each parameter's annotation is made of, such as Path and None."""
    rules: Mapping[str, Sequence[Needs | Unless]] = {}
    """What some parameters need beside them to have an effect."""

    # Any: depending on typer's version, the context's type is private to typer or comes from click
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a command.

        Raises:
            SettingsError: Naming the option, the value seen and the remedy.
        """
        if not ctx.resilient_parsing:
            _require_place()
            typed, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for param in self.params:
                for text in _texts(typed.get(param.name)):
                    self._check(param, text)
            check_once(order)
        try:
            rest = super().parse_args(ctx, args)
        except typer.BadParameter as error:
            # typer repeats what pydantic says, in words for programmers
            if found := getattr(error.__cause__, "errors", None):
                error.message = PROBLEM.load()(found()).strip(" :")
            raise
        if not ctx.resilient_parsing:
            check_effect(self.rules, ctx, self.params)
        return rest

    def _check(self, param: Any, text: str) -> None:
        is_path = Path in self.types.get(param.name, ())
        if problem := _why_no_path(text) if is_path else _why_no_text(text, names_file=_may_be_file(param)):
            raise SettingsError(f"{option_name(param)} has {_shortened(text)}, which {problem}")


def _require_place() -> None:
    """Check that there is a working directory, which every relative path starts from."""
    try:
        os.getcwd()
    except OSError as error:
        raise SettingsError(
            f"the working directory cannot be used ({why(error)}); change into another folder"
        ) from error


def build_command(name: str, function: Callable[..., None], help: str) -> CheckedCommand:
    """Build a command from a function, whose signature gives the options.

    Args:
        name: What it is called by.
        function: What it does; its docstring is the help page's beginning.
        help: What stands there where Python was started without docstrings.
    """
    alone = typer.Typer(add_completion=False, rich_markup_mode=PLAIN)
    told = None if function.__doc__ else help
    alone.command(name, cls=CheckedCommand, context_settings=HELP, help=told)(function)
    command = typer.main.get_command(alone)
    assert isinstance(command, CheckedCommand)
    command.types, command.rules = _types_of(function), rules_of(function)
    return command


def _types_of(function: Callable[..., None]) -> dict[str, frozenset[Any]]:
    """Map a function's parameters to the types that their annotations are made of."""
    return {name: frozenset(_parts(hint)) for name, hint in get_type_hints(function).items()}


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in get_args(hint):
        yield from _parts(inner)


def _texts(value: Any) -> Sequence[str]:
    """Return what was typed for a parameter: once, several times, or not at all."""
    if isinstance(value, str):
        return (value,)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else ()


def _may_be_file(param: Any) -> bool:
    return _FILE in (param.metavar or "")


def _shortened(text: str) -> str:
    return repr(cut_middle(text, _SHOWN))


def _why_no_path(text: str) -> str:
    if problem := why_no_path(text):
        return problem
    if text == "-":
        # other programs take it for a stream, and a file of that name is hard to remove
        return "is no stream here; name a file or a folder, or write ./- if it is called so"
    if text.startswith("~"):
        # `--out=~/x`: no shell replaces the sign there, and a folder of that name would be made
        return "begins with a ~ that the shell did not replace; write the whole path, or ./~ if it is a name"
    if os.path.isabs(text) and os.path.abspath(text) == os.sep:
        return "is the whole file system; name a folder in it"
    return _why_not_there(Path(text))


def _why_not_there(path: Path) -> str:
    """Say what stands at a path where it is neither a file nor a folder: reading it may never end."""
    try:
        kind = other_kind(followed(path))
    except OSError as error:
        return f"nobody may look at ({why(error)}); {remedy_of(error)}"
    return f"is a {kind}; name a file or a folder" if kind and kind != "folder" else ""


def _why_no_text(text: str, *, names_file: bool) -> str:
    if not text.strip(" ,\t\r\n"):
        return "names nothing; give it a value, or leave it out"
    return (why_no_path(text) or _why_not_there(Path(text))) if names_file else ""
