"""`psychagent experiment ratings`: an experiment's dialogues are rated blind, and met with its judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import RecordError
from psychagent.evals.people.key import KEY, load_key
from psychagent.evals.ratings.judge import SCALE
from tests.support.experiments import SMALL, TWO, content, plan_in, write_experiment
from tests.support.packs import fill

runner = CliRunner()
TWICE: dict[str, Any] = {
    "seeds": [0, 1],
    "dataset": {"modalities": ["cbt"], "max_cases": 2},
    "eval": {"methods": {"cbt": [SCALE]}, "degenerate": 0},
}
"""Two cases under two seeds, judged on the scale that people rate on."""


def call(*words: object) -> str:
    result = runner.invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    if result.exception:
        raise result.exception
    return result.output


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment of two systems under two seeds that has been run."""
    folder = tmp_path_factory.mktemp("done")
    call("experiment", "run", write_experiment(folder, content(TWO, **TWICE)), "--save-dir", folder / "out")
    return folder


def pack(folder: Path, said: dict[str, Any], *more: object) -> str:
    file = write_experiment(folder, said)
    return call("experiment", "ratings", file, "--save-dir", folder / "out", "--raters", 2, *more)


@pytest.mark.slow
def test_what_raters_filled_in_meets_the_judge_of_the_experiment(done: Path) -> None:
    told = pack(done, content(TWO, **TWICE))
    folder = done / "out" / SMALL / "ratings"
    assert "Made with the offline script" in told
    assert f"psychagent agree {folder} --judge {done / 'out' / SMALL}" in told.replace("\n", "")
    key = load_key(folder / KEY)
    assert key.systems.keys() == TWO.keys()
    assert len({*key.systems.values()}) == 1, "neither has more than its share"
    assert {task.dialogue.split("/")[1] for task in key.raters["rater_1"].values()} == {"run_1", "run_2"}
    shown = "".join(path.read_text(encoding="utf-8") for path in sorted((folder / "rater_1").iterdir()))
    assert not [name for name in (*TWO, str(done)) if name in shown]
    for rater in key.raters:
        fill(folder, rater, key, lambda system, dimension: "4" if system == "psychagent" else "2")
    said = json.loads(call("agree", folder, "--judge", done / "out" / SMALL, "--json"))
    assert said["raters"] == ["judge", "rater_1", "rater_2"]
    assert said["made_with_script"] is True
    assert Path(said["html"]).parent == folder
    means = said["rankings"]["means"]
    assert {name: one["mean"] for name, one in means["rater_1"].items()} == {"psychagent": 4, "no_skills": 2}


@pytest.mark.slow
def test_only_the_cases_of_the_experiment_are_rated(done: Path) -> None:
    one = TWICE | {"dataset": {"modalities": ["cbt"], "max_cases": 1}}
    key = load_key(Path(json.loads(pack(done, content(TWO, **one), "--out", done / "one", "--json"))["key"]))
    assert {task.dialogue.split("/")[3] for task in key.raters["rater_1"].values()} == {"en01"}


@pytest.mark.slow
def test_a_judge_that_lacks_the_scale_is_told_of(done: Path) -> None:
    given = content(TWO, **TWICE), "--scale", "SRS", "--out", done / "other", "--json"
    (note,) = json.loads(pack(done, *given))["notes"]
    assert note.startswith("the experiment's judge does not score SRS, so it cannot stand beside people yet;")


def test_a_study_of_half_an_experiment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no courses yet of psychagent, seed 0; no_skills, seed 0; go on"):
        pack(tmp_path, content(TWO))
    assert not plan_in(tmp_path, content(TWO)).folder.exists()
