"""kill -9 amid an experiment, then the same command: it ends as one that was left alone."""

from __future__ import annotations

import signal
from glob import glob
from pathlib import Path

import pytest

from psychagent.experiments.plan import find_cells
from psychagent.experiments.status import CellState, experiment_status
from tests.support.children import finish, psychagent, wait_for
from tests.support.experiments import SIX, SMALL, content, made, plan_in, write_experiment

pytestmark = pytest.mark.slow

SEEDS = [0, 1]


def test_six_systems_killed_twice_end_as_if_they_had_been_left_alone(tmp_path: Path) -> None:
    said = content(SIX, seeds=SEEDS)
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    for folder in (alone, killed):
        folder.mkdir()
    commands = {
        folder: ["experiment", "run", str(write_experiment(folder, said)), "--save-dir", str(folder / "out")]
        for folder in (alone, killed)
    }
    with psychagent(commands[alone], alone / "log") as process:
        assert finish(process, seconds=200) == 0
    for goal in (3, 13):
        with psychagent(commands[killed], killed / "log") as process:
            # of a folder that goes while it is looked into, `glob` makes nothing
            held = str(killed / "out" / SMALL / "**" / "session_*.json")
            assert wait_for(lambda: len(glob(held, recursive=True)) >= goal, process)  # noqa: B023
            process.kill()
            assert finish(process) == -signal.SIGKILL
        stopped = experiment_status(plan_in(killed, said))
        assert {cell.state for cell in stopped.cells} != {CellState.DONE}
    with psychagent(commands[killed], killed / "log") as process:
        assert finish(process, seconds=200) == 0
    first, again = made(alone), made(killed)
    assert first.keys() == again.keys()
    assert first == again
    cells = find_cells(plan_in(killed, said))
    assert len(cells) == len(SIX) * len(SEEDS)
    assert {cell.state for cell in experiment_status(plan_in(killed, said)).cells} == {CellState.DONE}
    assert not [path for path in killed.rglob(".*.part")]
    assert "Traceback" not in (killed / "log").read_text(encoding="utf-8")
