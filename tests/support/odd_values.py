"""Odd values for every option of every command, chosen by what the option takes; knows no option by name."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.testing import CliRunner

from psychagent.cli.given.command import CheckedCommand
from psychagent.cli.main import app
from psychagent.cli.shown.output import harden_output
from psychagent.errors import PsychAgentError
from tests.support.commands import walk

LONG = "a" * 5000
NUMBERS = ("-1", "0", "1.5", "99999999999999999999", "1e400", "nan", "-inf", "word", "", "9" * 5000)
TEXTS = ("", " ", ",", "=", "a=b=c", "*", "..", "\x1b[31m", "名\udcff", LONG, "~nosuchuser/x")
PATHS = (
    *("", " ", ".", "..", "/", "a\nb", "名\udcff", LONG, "a" * 300, "~nosuchuser/x", "none/such.yaml"),
    *("folder", "file.txt", "file.txt/x", "pipe", "circle", "dangling", "/dev/zero", "/dev/null"),
)
MOST_LINES, MOST_SECONDS = 6, 20


class ReachedError(Exception):
    """The command took the value, and would begin its work now."""


class HardenedRunner(CliRunner):
    """Runs a command with the output that the entry point gives it."""

    @contextmanager
    def isolation(self, *args: Any, **more: Any) -> Iterator[Any]:
        with super().isolation(*args, **more) as streams:
            harden_output()
            yield streams


class Param(NamedTuple):
    """One parameter of one command."""

    command: tuple[str, ...]
    name: str
    option: str
    """Empty for an argument."""
    place: int
    """Of an argument among the command's arguments."""
    values: tuple[str, ...]

    def line(self, needed: Sequence[str], value: str) -> list[str]:
        """The words of a call with a value, beside what the command needs in any case."""
        if self.option:
            return [*self.command, *needed, f"{self.option}={value}"]
        options = [word for word in needed if word.startswith("-")]
        words = [word for word in needed if not word.startswith("-")]
        words[self.place : self.place + 1] = [value]
        return [*self.command, *options, "--", *words]


def find_params() -> Iterator[Param]:
    """Every parameter that takes a value."""
    for path, command in walk(typer.main.get_command(app)):
        if isinstance(command, CheckedCommand):
            arguments = [p.name for p in command.params if p.param_type_name == "argument"]
            for param in command.params:
                if not getattr(param, "is_flag", False):
                    is_option = param.param_type_name == "option"
                    option = max(param.opts, key=len) if is_option else ""
                    place = 0 if is_option else arguments.index(param.name)
                    values = _values(command.types[param.name])
                    yield Param(path, str(param.name), option, place, values)


def _values(types: frozenset[Any]) -> tuple[str, ...]:
    if Path in types:
        return PATHS
    return NUMBERS if types & {int, float} else TEXTS


def make_odd_places() -> None:
    """Make in the working directory what some of the paths name."""
    Path("folder").mkdir()
    Path("file.txt").write_text("mine", encoding="utf-8")
    os.mkfifo("pipe")
    Path("circle").symlink_to("circle")
    Path("dangling").symlink_to("nowhere")


def problem_of(line: Sequence[str], env: Mapping[str, str]) -> str:
    """Call a command; say what is wrong with how it ends, empty if nothing is."""
    with _alarm():
        result = HardenedRunner(env=env).invoke(app, list(line))
    error = result.exception
    if isinstance(error, PsychAgentError):
        told = str(error)
    elif error is None or isinstance(error, SystemExit | ReachedError):
        told = result.stderr if result.exit_code == 2 else ""
    else:
        return f"{type(error).__name__}: {error}"[:300]
    if "Missing argument" in told or "Missing option" in told:
        return "the test's own line lacks what the command needs"
    return "" if len(told.splitlines()) <= MOST_LINES else f"{len(told.splitlines())} lines"


@contextmanager
def _alarm() -> Iterator[None]:
    """End a block that waits without an end."""

    def end(number: int, frame: object) -> None:
        raise AssertionError(f"still busy after {MOST_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
