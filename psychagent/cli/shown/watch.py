"""Progress of a long run: a live line in a terminal, plain log lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from psychagent.cli.shown.ending import end_soon
from psychagent.domain.usage import RoleUsage, Usage

STOPPING = "[yellow]stopping[/yellow]: calls in flight may come in; Ctrl-C again ends at once"
"""Shown once a request to stop was received."""


@dataclass
class Tally:
    """Counts of what has happened so far, printed by both the bar and the log lines."""

    goal: int
    """Expected units of work, such as sessions of all cases; basis of the estimated time left."""
    clock: Callable[[], float] = time.monotonic
    cases: int = 0
    cases_done: int = 0
    units: int = 0
    used: RoleUsage = field(default_factory=RoleUsage)
    turns: int = 0
    rollouts: int = 0
    """Candidate sessions that finished, judged or failed."""
    judged: int = 0
    """Judge calls answered."""
    started: float = 0.0

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.clock()

    def add_call(self, usage: Usage) -> None:
        """Count an answered call."""
        self.used += usage.total()
        self.turns += usage.roles["counselor"].calls if "counselor" in usage.roles else 0
        self.judged += usage.roles["judge"].calls if "judge" in usage.roles else 0

    def line(self, unit: str) -> str:
        """Format the tally as one line."""
        seconds = max(self.clock() - self.started, 1e-9)
        tokens = self.used.prompt_tokens + self.used.completion_tokens
        parts = [
            f"{self.cases_done}/{self.cases} cases",
            f"{self.units} {unit}",
            f"{self.rollouts} rollouts ({self.judged} judge calls)" if self.rollouts else "",
            f"{self.turns} turns" if self.turns else "",
            f"{self.used.calls / seconds:.1f} calls/s",
            f"{tokens / 1000:.0f}k tokens",
            f"~{format_time(self.left(seconds))} left" if self.units else "",
        ]
        return " · ".join(part for part in parts if part)

    def left(self, seconds: float) -> float:
        """Estimate the seconds left from the pace so far."""
        return seconds / max(self.units, 1) * max(self.goal - self.units, 0)


def format_time(seconds: float) -> str:
    """Format seconds for a human reader."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}"
    return f"{minutes}m{rest:02d}" if minutes else f"{rest}s"


class Reporter:
    """Shows a tally: a bar in a terminal, a line every few seconds elsewhere."""

    def __init__(self, console: Console, tally: Tally, *, unit: str, every_sec: float = 5.0) -> None:
        """Prepare; nothing is shown until `showing` is entered."""
        self.console, self.tally, self._unit, self._every = console, tally, unit, every_sec
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._last = 0.0

    @contextmanager
    def showing(self) -> Iterator[Reporter]:
        """Show progress while the block runs."""
        if not self.console.is_terminal:
            yield self
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            self._progress = progress
            self._task = progress.add_task("starting", total=max(self.tally.goal, 1))
            yield self

    def note(self, text: str) -> None:
        """Print a line that stays on screen."""
        self.console.print(text, highlight=False, soft_wrap=True)

    def heed_stop(self, *, again: bool) -> None:
        """Say that a request to stop was received; at a second one, end."""
        if not again:
            self.note(STOPPING)
            return
        if self._progress is not None:
            # what is cut off restores no cursor
            self._progress.stop()
        end_soon()

    def refresh(self, *, force: bool = False) -> None:
        """Show the current tally, if due."""
        if self._progress is not None:
            description = self.tally.line(self._unit)
            self._progress.update(self._task, description=description, completed=self.tally.units)
            return
        now = self.tally.clock()
        if force or now - self._last >= self._every:
            self._last = now
            self.note(self.tally.line(self._unit))


def show_taken(replies: int, console: Console) -> None:
    """Say how many replies a resumed run did not have to ask for again."""
    if replies:
        console.print(f"Replies taken from journals and not asked for again: {replies:,}")


def usage_table(usage: Usage, *, title: str, total: bool) -> Table:
    """Tabulate usage by role, optionally with a last row of totals."""
    table = Table(title=title, title_justify="left")
    for column in ("role", "calls", "retries", "prompt tokens", "cached", "completion tokens"):
        table.add_column(column, justify="left" if column == "role" else "right")
    for name, part in (*sorted(usage.roles.items()), *([("all", usage.total())] if total else [])):
        cached = f"{part.cached_tokens / part.prompt_tokens:.0%}" if part.prompt_tokens else "–"
        about = "~" if part.estimated else ""
        tokens = (f"{about}{part.prompt_tokens:,}", cached, f"{about}{part.completion_tokens:,}")
        table.add_row(name, f"{part.calls:,}", f"{part.retries:,}", *tokens)
    if usage.total().estimated:
        table.caption, table.caption_justify = "~ is estimated, where a server does not count tokens", "left"
    return table
