"""CPU of a run through the command line, split by part; sampled by py-spy, which need not be installed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measurements import Size, run_sample
from tests.benchmarks.stacks import IMPORTS, fold
from tests.benchmarks.tables import CONSOLE, table
from tests.benchmarks.tree import tree_at

RATE = 200
"""Samples a second."""


def py_spy() -> str:
    """Find the profiler beside the interpreter or on the path.

    Raises:
        SystemExit: If it is not installed, with how to install it.
    """
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.is_file() else shutil.which("py-spy")
    if found is None:
        raise SystemExit(f"py-spy is not installed; install it with: {sys.executable} -m pip install py-spy")
    return found


def print_profile(against: Path | None) -> None:
    """Profile `psychagent sample` with 16 cases at a time; another tree where one is named."""
    program, size = py_spy(), Size()
    with tempfile.TemporaryDirectory(prefix="psychagent-bench-") as folder:
        tree, stacks = tree_at(against, Path(folder) / "tree"), Path(folder) / "stacks"
        # full names: shortened ones lose the name of a package without __init__.py, such as langgraph
        how = ("--full-filenames", "--format", "raw", "--rate", f"{RATE}", "--output", f"{stacks}")
        record = (program, "record", *how, "--")
        run_sample(tree, size, before=record)
        counts = fold(stacks.read_text(encoding="utf-8").splitlines())
    title = f"CPU of `psychagent sample` by part ({size.calls} calls, 16 cases at a time; py-spy, {RATE} Hz)"
    shown = table(title, "part", "samples", "share of the run")
    running = counts.total() - counts[IMPORTS]
    for part, count in counts.most_common():
        shown.add_row(part, f"{count}", "–" if part == IMPORTS else f"{count / running:.0%}")
    shown.caption = "shares leave out imports; the sampler slows the run, so take times from `goals`"
    CONSOLE.print(shown)
