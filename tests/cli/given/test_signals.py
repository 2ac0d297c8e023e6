"""Ctrl-C and SIGTERM end a command without a traceback, however early they come."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from psychagent.assets.locate import shipped_dir

BLOCKING = """
import os, signal
os.write(1, b"importing\\n")
while True:
    signal.pause()
"""


@pytest.mark.parametrize("blocked", ["typer", "pydantic", "psychagent_late"])
@pytest.mark.parametrize(
    ("number", "statuses"), [(signal.SIGINT, {130}), (signal.SIGTERM, {-signal.SIGTERM, 143})]
)
def test_a_signal_during_an_import_ends_a_command_in_silence(
    blocked: str, number: signal.Signals, statuses: set[int], tmp_path: Path
) -> None:
    (tmp_path / f"{blocked}.py").write_text(BLOCKING, encoding="utf-8")
    root = shipped_dir("configs").parent
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(root)))}
    started = [sys.executable, "-m", "psychagent", "sample", "--dry-run"]
    if blocked == "psychagent_late":
        # while a command is at work
        started[1:3] = ["-c", LATE]
    with subprocess.Popen(started, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"importing\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode in statuses, said) == (True, b"")


LATE = """
import sys
sys.argv[0] = "psychagent"
from psychagent import __main__
from psychagent.cli.lazy import Later
Later.load = lambda later: __import__("psychagent_late")
__main__.main()
"""
