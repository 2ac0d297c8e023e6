"""A work tree under measurement: its jobs and its command line run in fresh processes, and what they took."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.process import ROOT, env_of, measured
from tests.benchmarks.settings_files import shape_of, write_file, write_settings

RUN = "from psychagent.cli.main import run; run()"
COMPILE = ("-m", "compileall", "-q", "psychagent", "tests")


@dataclass(frozen=True)
class Spent:
    """What a process took from start to end, its threads and children included."""

    wall: float
    cpu: float
    peak_mb: float
    ended: float
    """On the clock of `time.monotonic`, which all processes share."""
    status: int
    output: str


@dataclass(frozen=True)
class Tree:
    """A checkout, and a folder of the bench's own for what is made with it."""

    root: Path
    folder: Path

    def compile(self) -> None:
        """Write the byte code, so that no measured process does."""
        subprocess.run([sys.executable, *COMPILE], cwd=self.root, env=self._env(), check=True)

    def job(self, job: str, **options: Any) -> dict[str, Any]:
        """Run one of the tree's own jobs (`tests.benchmarks.jobs` there)."""
        return measured(job, root=self.root, **options)

    def command(
        self,
        *arguments: str,
        expect: int = 0,
        terminal: bool = False,
        before: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> Spent:
        """Run `psychagent` from an empty folder.

        Args:
            arguments: What comes behind `psychagent`.
            expect: The exit status it must have.
            terminal: Whether its output goes to a terminal, where progress is drawn.
            before: A program to run it under, with its options.
            env: Further variables.

        Raises:
            RuntimeError: If it ends otherwise, with the end of what it printed.
        """
        command = [*before, sys.executable, "-c", RUN, *arguments]
        spent = spend(command, cwd=self.folder, env=self._env() | dict(env or {}), terminal=terminal)
        if spent.status != expect:
            raise RuntimeError(
                f"psychagent {arguments[0]} ended with {spent.status} in place of {expect}:\n"
                f"{spent.output[-3000:]}"
            )
        return spent

    def settings(self, name: str, /, **values: Any) -> list[str]:
        """Write settings in the tree's shape and return the options that name them."""
        return write_settings(self.folder / name, values, shape_of(self.root))

    def write(self, name: str, content: Mapping[str, Any]) -> str:
        """Write a settings file whose shape all trees share and return its path."""
        return write_file(self.folder / f"{name}.yaml", content)

    def _env(self) -> dict[str, str]:
        return env_of(self.root) | {"XDG_CACHE_HOME": str(self.folder / "cache"), "HF_HUB_OFFLINE": "1"}


def tree_at(root: Path | None, folder: Path) -> Tree:
    """Make a tree of a checkout; None is this one."""
    folder.mkdir(parents=True, exist_ok=True)
    tree = Tree((root or ROOT).resolve(), folder)
    tree.compile()
    return tree


def spend(command: list[str], *, cwd: Path, env: Mapping[str, str], terminal: bool = False) -> Spent:
    """Run a program to its end and measure it."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    size = {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"} if terminal else {}
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=cwd, env={**env, **size}, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    said: list[bytes] = []
    reader = threading.Thread(target=_read, args=(ours, said))
    reader.start()
    _, status, used = os.wait4(process.pid, 0)
    ended = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    return Spent(
        wall=ended - began,
        cpu=used.ru_utime + used.ru_stime,
        peak_mb=used.ru_maxrss / 1024,
        ended=ended,
        status=process.returncode,
        output=b"".join(said).decode(errors="replace"),
    )


def _read(stream: int, into: list[bytes]) -> None:
    try:
        while said := os.read(stream, 65536):
            into.append(said)
    except OSError:
        # a terminal whose other end is closed says so by an error
        pass
    finally:
        os.close(stream)
