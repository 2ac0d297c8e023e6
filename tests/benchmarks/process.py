"""Runs the loopback server and the measured runs in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def server_process(delay_ms: float, log: Path | None = None) -> Iterator[str]:
    """Start a loopback server and yield its base URL."""
    command = [sys.executable, "-m", "tests.support.loopback.server", "--delay-ms", str(delay_ms)]
    if log is not None:
        command += ["--log", str(log)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def measured(job: str, **options: Any) -> dict[str, Any]:
    """Run one job of `tests.benchmarks.jobs` in a fresh process and return what it measured."""
    command = [sys.executable, "-m", "tests.benchmarks.jobs", job, json.dumps(options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{job} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
