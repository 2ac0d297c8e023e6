"""Real processes that a test may kill, forked from one that has imported all, so that many start soon."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.faults.children", "psychagent.cli.main", "psychagent.runs.sample"])


def _command(argv: Sequence[str], log: Path) -> None:
    """Be `psychagent` with these arguments; output goes to a file."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1)
    sys.argv = ["psychagent", *argv]
    # a forked process shares the parent's modules, not its arguments
    from psychagent.cli.main import run  # noqa: PLC0415

    run()


@contextmanager
def psychagent(argv: Sequence[str], log: Path) -> Iterator[BaseProcess]:
    """Start the command line; a process that still runs at the end of the block is killed."""
    process = _SERVER.Process(target=_command, args=(list(argv), log), daemon=True)
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join(10)


def wait_for(event: Callable[[], bool], process: BaseProcess, *, seconds: float = 60) -> bool:
    """Wait until something happens, or the process ends; tell whether it happened."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if event():
            return True
        if not process.is_alive():
            return event()
        time.sleep(0.002)
    raise AssertionError("nothing happened in time")


def finish(process: BaseProcess, *, seconds: float = 60) -> int:
    """Wait until a process ends and return its exit status."""
    process.join(seconds)
    assert process.exitcode is not None, "the process did not end in time"
    return process.exitcode
