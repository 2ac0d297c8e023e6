"""`psychagent ratings pack` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import PsychAgentError
from tests.support.pairing import write_run

runner = CliRunner()


def call(*words: object) -> str:
    result = runner.invoke(app, [str(word) for word in ("ratings", "pack", *words)])
    if result.exception:
        raise result.exception
    return result.output


def test_a_pack_tells_what_it_drew_and_where_the_key_is(tmp_path: Path) -> None:
    given = [write_run(tmp_path, name) for name in ("ours_1", "ours_2")]
    told = call(*given, "--sessions", 4, "--raters", 2, "--out", tmp_path / "pack")
    assert "Sessions by systems: ours_1 2, ours_2 2" in told
    assert "Sessions by schools: cbt 4" in told
    # each counselor names its own system once a session
    assert "Names of systems removed from the dialogues: 4" in told
    assert f"psychagent agree {tmp_path / 'pack'}" in told
    data = json.loads(call(*given, "--sessions", 2, "--raters", 1, "--out", tmp_path / "other", "--json"))
    assert data["raters"] == {"rater_1": ["task_01", "task_02"]}
    assert data["made_with_script"] is False


def test_runs_of_one_name_are_one_system(tmp_path: Path) -> None:
    for run in ("one", "two", "other"):
        write_run(tmp_path, run)
    given = [f"ours={tmp_path / 'one'}", f"ours={tmp_path / 'two'}", tmp_path / "other"]
    told = call(*given, "--sessions", 4, "--raters", 1, "--out", tmp_path / "pack")
    assert "Sessions by systems: other 2, ours 2" in told


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--sessions", 9), "--sessions is 9, the runs hold 4; draw fewer"),
        (("--sessions", 4, "--repeats", 3), "--repeats is 3, half of 4 sessions at most"),
        (("--sessions", 4, "--scale", "NONE"), "no scale 'NONE'; known: "),
    ],
)
def test_a_pack_that_cannot_be_is_refused(tmp_path: Path, more: tuple[object, ...], problem: str) -> None:
    given = [write_run(tmp_path, name) for name in ("ours_1", "ours_2")]
    with pytest.raises(PsychAgentError, match=problem):
        call(*given, "--raters", 1, "--out", tmp_path / "pack", *more)
    assert not (tmp_path / "pack").exists()
