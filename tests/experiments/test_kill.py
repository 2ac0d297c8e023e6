"""kill -9 amid an experiment, then the same command: it ends as one that was left alone."""

from __future__ import annotations

import signal
from glob import glob
from pathlib import Path

import pytest

from psychagent.experiments.plan import find_cells
from psychagent.experiments.status import CellState, experiment_status
from tests.support.children import finish, psychagent, wait_for
from tests.support.experiments import SIX, SMALL, at_server, content, made, plan_in, write_experiment
from tests.support.loopback.server import serve

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


PLACES = 4
AT_SERVER = {"counselor", "filter", "rewrite", "summary", "client_file"}
"""Roles that the counselor's model plays; the script plays all others."""


@pytest.mark.parametrize("goal", [5, 14])
def test_a_killed_experiment_asks_again_only_what_was_in_flight(tmp_path: Path, goal: int) -> None:
    with serve(delay_sec=0.02) as server:
        systems = {name: at_server(server.base_url, memory=name) for name in ("none", "recap", "file")}
        said = content(systems, runtime={"machine": {"max_parallel_calls": PLACES}})
        file, out = write_experiment(tmp_path, said), tmp_path / "out"
        line = ["experiment", "run", str(file), "--save-dir", str(out)]
        with psychagent(line, tmp_path / "log") as process:
            assert wait_for(lambda: len(server.calls) >= goal, process)
            process.kill()
            assert finish(process) == -signal.SIGKILL
        with psychagent(line, tmp_path / "log") as process:
            assert finish(process) == 0
        asked = len(server.calls)
        with psychagent(line, tmp_path / "log") as process:
            assert finish(process) == 0
        assert len(server.calls) == asked, "all is there"
    totals = [cell.run.manifest().totals for cell in find_cells(plan_in(tmp_path, said))]
    stored = sum(used.calls for roles in totals for role, used in roles.items() if role in AT_SERVER)
    assert stored <= asked <= stored + PLACES
