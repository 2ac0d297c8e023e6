"""The console on which commands print: what files hold can do nothing to the terminal, and tables fit it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table

from psychagent.cli.shown.layout import laid_out
from psychagent.domain.text.plain import plain

LEAST, USUAL, MOST = 20, 80, 10_000
"""Columns that a console may have; one that claims to have fewer has as many as usual."""


def open_console(*, highlight: bool = True) -> Console:
    """Open the console of a command."""
    console = Console(highlight=highlight)
    if not LEAST <= console.width <= MOST:
        # COLUMNS may say anything: nothing at all is shown on a console without a column
        console.width = USUAL if console.width < LEAST else MOST
    return harmless(console)


def harmless(console: Console) -> Console:
    """Clean whatever a console prints."""
    console.push_render_hook(_Harmless())
    return console


class _Harmless(RenderHook):
    """Cleans all text behind whatever lays it out, so that no caller has to think of it."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Wrap everything that is about to be printed."""
        return [_Cleaned(item) for item in renderables]


@dataclass
class _Cleaned:
    inner: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        inner = laid_out(self.inner, console, options) if isinstance(self.inner, Table) else self.inner
        for text, style, control in console.render(inner, options):
            yield Segment(text if control else plain(text), style, control)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.inner)
