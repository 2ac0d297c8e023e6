"""A process that is told to end, or whose terminal goes away, ends cleanly and leaves nothing half done."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from psychagent.runs.stop import Stop, stop_on_signals
from tests.support.children import finish, psychagent, wait_for
from tests.support.eval_runs import eval_settings_at, make_run
from tests.support.judging import loopback_reply
from tests.support.loopback.server import serve

SIGNALS = [signal.SIGTERM, signal.SIGHUP]
IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from psychagent.cli.main import end_on_signals
from psychagent.files.write import whole_file

end_on_signals()
with whole_file(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    os.kill(os.getpid(), int(sys.argv[2]))
    signal.pause()
"""

IN_A_THREAD = """
import asyncio, os, signal, threading
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.watch import Reporter, Tally
from psychagent.runs.stop import Stop, stop_on_signals

async def main():
    reporter = Reporter(open_console(), Tally(goal=0), unit="sessions")
    with reporter.showing(), stop_on_signals(Stop(), lambda again: reporter.heed_stop(again=again)):
        work = asyncio.create_task(asyncio.to_thread(threading.Event().wait, 300))
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.05)
        await work

asyncio.run(main())
"""


def test_a_second_signal_waits_for_no_thread() -> None:
    argv = [sys.executable, "-c", IN_A_THREAD]
    ended = subprocess.run(argv, capture_output=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (130, b"")
    assert b"stopping" in ended.stdout


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_in_the_middle_of_a_write_leaves_no_part_of_a_file(
    tmp_path: Path, name: signal.Signals
) -> None:
    argv = [sys.executable, "-c", IN_THE_MIDDLE, str(tmp_path / "scores.csv"), str(int(name))]
    ended = subprocess.run(argv, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (128 + name, b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SIGNALS)
async def test_a_signal_asks_a_run_to_stop_and_does_afterwards_what_it_did_before(
    name: signal.Signals,
) -> None:
    heard: list[int] = []
    before = signal.signal(name, lambda number, frame: heard.append(number))
    try:
        stop = Stop()
        with stop_on_signals(stop):
            os.kill(os.getpid(), name)
            await asyncio.sleep(0.05)
            assert stop.asked
            assert stop.by_signal
            assert heard == []
        os.kill(os.getpid(), name)
        assert heard == [name]
    finally:
        signal.signal(name, before)


async def test_a_run_under_nohup_outlives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = Stop()
        with stop_on_signals(stop):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0.05)
            assert not stop.asked
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
def test_an_evaluation_stops_cleanly(tmp_path: Path, name: signal.Signals) -> None:
    data, out = make_run(tmp_path, "en01", sessions=3), tmp_path / "out"
    with serve(loopback_reply, delay_sec=0.2) as server:
        config = tmp_path / "judge.yaml"
        settings = eval_settings_at(server, concurrency=2)
        config.write_text(yaml.safe_dump(settings.model_dump(mode="json", exclude_unset=True)))
        argv = ["eval", "--config", str(config), "--data-root", str(data), "--output-root", str(out)]
        with psychagent(argv, tmp_path / "log") as process:
            assert wait_for(lambda: server.count("judge") >= 3, process)
            assert process.pid is not None
            os.kill(process.pid, name)
            assert finish(process) == 130
        assert list(out.rglob("*.part")) == []
        with psychagent(argv, tmp_path / "log") as process:
            assert finish(process) == 0
