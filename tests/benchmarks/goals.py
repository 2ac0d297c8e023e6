"""The table of goals: figures of this tree beside those of another commit, taken in turn, and their ratio."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from tests.benchmarks.measurements import DELAY_MS, MEASUREMENTS, Figures, Size
from tests.benchmarks.process import ROOT, run_module, server_process
from tests.benchmarks.ratios import Bound, Ratios, compare, is_met
from tests.benchmarks.tables import CONSOLE, table
from tests.benchmarks.tree import Tree, tree_at

Rounds = dict[str, list[Figures]]
"""Figures of each measurement, one entry a round."""


@dataclass(frozen=True)
class Goal:
    """One row: a figure, how it is printed, and what it must reach."""

    title: str
    measurement: str
    figure: str
    shown: str
    """The figure as a format, its unit included."""
    target: float
    bound: Bound = "ratio <="

    def __str__(self) -> str:
        """Write the goal as the table has it."""
        if self.bound == "<=":
            return f"<= {self.shown.format(self.target)}"
        return f"{self.bound.removeprefix('ratio ')} {self.target:.2f} x"


GOALS = (
    Goal("CPU per model call, 16 cases (graph alone)", "graph", "cpu_ms", "{:.2f} ms", 0.40),
    Goal("wall of `sample`, 4 cases at a time", "wall4", "path", "{:.2f} x path", 0.85),
    Goal("wall of `sample`, 16 cases at a time", "wall16", "path", "{:.2f} x path", 0.45),
    Goal("200 cases in one process", "many", "calls_per_sec", "{:.0f} calls/s", 2.2, "ratio >="),
    Goal("n = 8 rollouts of one session: wall", "rollouts", "bound", "{:.2f} x bound", 0.60),
    Goal("n = 8, 8 cases: CPU per call", "rollouts", "cpu_ms", "{:.2f} ms", 0.40),
    Goal("judging 100 sessions, 16 at a time: wall", "judging", "path", "{:.2f} x path", 0.45),
    Goal("the same: peak memory", "judging", "peak_mb", "{:.0f} MB", 110, "<="),
    Goal("`eval`, 16 sessions x 9 scales: wall", "eval", "sec", "{:.2f} s", 0.35),
    Goal("the same: CPU", "eval", "cpu_sec", "{:.2f} s", 0.28),
    Goal("`sample --language zh`, 4,481 skills: CPU per call", "chinese", "cpu_ms", "{:.2f} ms", 0.40),
    Goal("the same: CPU of the start-up", "chinese", "start_sec", "{:.2f} s", 0.45),
    Goal("uncached prompt tokens, 20 turns", "tokens20", "uncached", "{:,.0f}", 26_000, "<="),
    Goal("uncached prompt tokens, 40 turns", "tokens40", "uncached", "{:,.0f}", 51_000, "<="),
    Goal("CPU until refused: folder of profiles", "refusals", "dataset", "{:.2f} s", 0.2),
    Goal("CPU until refused: settings file", "refusals", "baseline", "{:.2f} s", 0.2),
    Goal("CPU until refused: key not set", "refusals", "key", "{:.2f} s", 0.2),
    Goal("CPU until a finished run is found finished", "finished", "cpu_sec", "{:.2f} s", 0.12),
    Goal("`psychagent --help`: wall", "start", "help_sec", "{:.2f} s", 0.6),
    Goal("search among 100,000 skills", "search", "ms", "{:.2f} ms", 0.4),
)


def print_goals(against: Path | None, *, rounds: int, rows: Sequence[str]) -> None:
    """Measure and print the table.

    Args:
        against: A work tree of the commit to compare with; None prints this tree's figures alone.
        rounds: How often each measurement is made in each tree.
        rows: Names of measurements; none takes all.
    """
    names = [name for name in MEASUREMENTS if not rows or name in rows]
    with tempfile.TemporaryDirectory(prefix="psychagent-bench-") as folder:
        trees = {"ours": tree_at(None, Path(folder) / "ours")}
        if against:
            trees["base"] = tree_at(against, Path(folder) / "base")
        bare = [bare_call_ms(trees["ours"]) for _ in range(rounds)] if "graph" in names else []
        found = take_rounds(trees, names, rounds)
    CONSOLE.print(goals_table(found["ours"], found.get("base")))
    if bare:
        CONSOLE.print(f"bound: a bare aiohttp + orjson call takes {median(bare):.2f} ms of CPU")
    share = [figures["server_share"] for figures in found["ours"].get("many", [])]
    if share:
        CONSOLE.print(f"at 200 cases the loopback server itself was busy {median(share):.0%} of the time")


def take_rounds(trees: Mapping[str, Tree], names: Sequence[str], rounds: int) -> dict[str, Rounds]:
    """Measure round by round; within one the trees take turns, and the first to go changes."""
    found: dict[str, Rounds] = {label: {name: [] for name in names} for label in trees}
    for number in range(rounds):
        order = list(trees) if number % 2 else list(trees)[::-1]
        for name in names:
            for label in order:
                figures = MEASUREMENTS[name](trees[label])
                found[label][name].append(figures)
                shown = ", ".join(f"{key} {value:.4g}" for key, value in figures.items())
                print(f"round {number + 1}, {name}, {label}: {shown}", file=sys.stderr, flush=True)
    return found


def goals_table(ours: Rounds, base: Rounds | None) -> Table:
    """Make the table of the goals whose measurements were made."""
    shown = table(
        f"Goals (loopback server, {DELAY_MS} ms a call; medians, ratios round by round)",
        "what", "base", "ours", "ratio", "goal", "met",
    )  # fmt: skip
    for goal in GOALS:
        if goal.measurement not in ours:
            continue
        our = _values(goal, ours)
        their = _values(goal, base) if base else None
        ratio = compare(their, our) if their else None
        shown.add_row(
            goal.title,
            goal.shown.format(median(their)) if their else "–",
            goal.shown.format(median(our)),
            str(ratio) if ratio else "–",
            str(goal),
            _mark(goal, median(our), ratio),
        )
    return shown


def _values(goal: Goal, rounds: Rounds) -> list[float]:
    return [figures[goal.figure] for figures in rounds[goal.measurement]]


def _mark(goal: Goal, ours: float, ratio: Ratios | None) -> str:
    met = is_met(goal.bound, goal.target, ours=ours, ratio=ratio.median if ratio else None)
    return "–" if met is None else "✓" if met else "✗"


def bare_call_ms(tree: Tree) -> float:
    """Measure CPU per call of a bare client that sends the bodies of one course, 16 at a time."""
    log = tree.folder / "bodies.jsonl"
    size = Size()
    if not log.is_file():
        with server_process(0, log) as url:
            tree.job("one_session", base_url=url, turns=size.turns, sessions=size.sessions)
    with server_process(DELAY_MS) as url:
        options = json.dumps({"base_url": url, "log": str(log), "concurrency": size.concurrency})
        return float(run_module("tests.benchmarks.bare", options, root=ROOT)["cpu_ms_per_call"])
