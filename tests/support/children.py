"""Real processes that a test may kill, forked from one that has imported all, so that many start soon."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from psychagent.files import append
from psychagent.runs.checkpoints.sqlite import LoopSaver

DIED = 66
"""Exit status of a process that ended where it was told to."""
_ALREADY = (
    "tests.support.children",
    "psychagent.cli.main",
    "psychagent.cli.runs.sample",
    "psychagent.runs.sample",
)
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([*_ALREADY, "pytest"])


def _command(argv: Sequence[str], log: Path, dies_at: int | None) -> None:
    """Be `psychagent` with these arguments; output goes to a file."""
    if dies_at is not None:
        _die_at(dies_at)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1)
    sys.argv = ["psychagent", *argv]
    # a forked process shares the parent's modules, not its arguments
    from psychagent.cli.main import run  # noqa: PLC0415

    run()


def _die_at(nth: int) -> None:
    """Have this process end, as by kill -9, at the nth moment before or after something is stored."""
    moments = itertools.count(1)

    def moment() -> None:
        if next(moments) == nth:
            os._exit(DIED)

    def around(stored: Callable[..., Any]) -> Callable[..., Any]:
        async def store(*args: Any, **options: Any) -> Any:
            moment()
            result = await stored(*args, **options)
            moment()
            return result

        return store

    def rename(self: Path, target: Path) -> Path:
        moment()
        result = renamed(self, target)
        moment()
        return result

    def write(place: int, data: bytes) -> None:
        moment()
        written(place, data)
        moment()

    written = append.write_all
    append.write_all = write
    renamed = Path.replace
    Path.replace = rename  # type: ignore[method-assign, assignment]
    LoopSaver.aput = around(LoopSaver.aput)  # type: ignore[method-assign]
    LoopSaver.aput_writes = around(LoopSaver.aput_writes)  # type: ignore[method-assign]


@contextmanager
def psychagent(argv: Sequence[str], log: Path, *, dies_at: int | None = None) -> Iterator[BaseProcess]:
    """Start the command line; a process that still runs at the end of the block is killed.

    Args:
        argv: What comes behind `psychagent`.
        log: Where its output goes.
        dies_at: Where it ends by itself: before or after the nth thing is stored, counted together.
    """
    process = _SERVER.Process(target=_command, args=(list(argv), log, dies_at), daemon=True)
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
