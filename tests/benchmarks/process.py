"""Runs the loopback server and the measured runs in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Traffic:
    """What a loopback server saw; filled in when it ends."""

    url: str
    calls: int = 0
    first: float = 0.0
    """When the first call came, on the clock of `time.monotonic`, which all processes share."""
    cpu: float = 0.0
    """CPU seconds that the server itself took, its start included."""


@contextmanager
def counted_server(delay_ms: float, log: Path | None = None) -> Iterator[Traffic]:
    """Start a loopback server that counts; the counts are there behind the block."""
    command = [sys.executable, "-m", "tests.support.loopback.server", "--delay-ms", str(delay_ms)]
    if log is not None:
        command += ["--log", str(log)]
    process = subprocess.Popen(command, cwd=ROOT, env=env_of(ROOT), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    traffic = Traffic(process.stdout.readline().strip())
    try:
        yield traffic
    finally:
        process.terminate()
        with process.stdout:
            counts = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        traffic.calls, traffic.first = counts["calls"], counts["first"]
        traffic.cpu = used.ru_utime + used.ru_stime


@contextmanager
def server_process(delay_ms: float, log: Path | None = None) -> Iterator[str]:
    """Start a loopback server and yield its base URL."""
    with counted_server(delay_ms, log) as traffic:
        yield traffic.url


def env_of(root: Path) -> dict[str, str]:
    """Name the variables of a process that is to import a tree, byte code included.

    Hashes are fixed: the jobs' free embedder is made of them, so they decide which skills a prompt shows.
    """
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(root), "PYTHONHASHSEED": "0"}


def measured(job: str, *, root: Path = ROOT, **options: Any) -> dict[str, Any]:
    """Run one job of a tree's `tests.benchmarks.jobs` in a fresh process and return what it measured."""
    return run_module("tests.benchmarks.jobs", job, json.dumps(options), root=root)


def run_module(module: str, *arguments: str, root: Path = ROOT) -> dict[str, Any]:
    """Run a module of a tree in a fresh process and read the JSON of its last line.

    Raises:
        RuntimeError: If it fails, with the end of what it said.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=root, env=env_of(root), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
