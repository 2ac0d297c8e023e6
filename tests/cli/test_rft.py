from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from psychagent.cli.main import app
from psychagent.errors import RecordError, ScoringError, SettingsError
from tests.support.rolling import ONE_A_SIDE
from tests.support.score_tables import make_rows, noisy, write_table

CHOICE: dict[str, Any] = {
    "rollout_n": 3,
    "judging": {"methods": {"cbt": list(ONE_A_SIDE)}},
    "holdout": {"model": "offline-task"},
}


def rft(folder: Path, *more: str, **changed: Any) -> Result:
    """Run a small course: one case, two short sessions, two scales, ranking by words."""
    files: dict[str, Any] = {
        "baseline": {
            "name": "tiny",
            "counselor": {"provider": "offline", "model": "offline-script"},
            "retrieval": {"method": "lexical"},
            "max_sessions": 2,
            "max_counselor_turns": 6,
        },
        "runtime": {},
        "rft-config": CHOICE | changed,
    }
    given = []
    for name, data in files.items():
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        given += [f"--{name}", str(path)]
    where = ["--save-dir", str(folder / "run"), "--max-cases", "1", "--modalities", "cbt"]
    return CliRunner().invoke(app, ["rft", *given, *where, *more])


def call(*line: str | Path) -> Result:
    return CliRunner().invoke(app, [str(part) for part in line])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a finished run, and what the run printed."""
    folder = tmp_path_factory.mktemp("rft")
    done = rft(folder)
    assert done.exit_code == 0, done.output
    return folder, done.output


def session(folder: Path, index: int) -> Any:
    (path,) = (folder / "run" / "tiny" / "cbt").glob(f"*/session_{index}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_progress_shows_rollouts_and_judging(finished: tuple[Path, str]) -> None:
    folder, output = finished
    assert "rollouts (" in output
    assert "judge calls)" in output
    assert [session(folder, index)["rollout_data"]["rollout_n"] for index in (1, 2)] == [3, 3]


def test_the_same_command_again_finds_nothing_left_to_do(finished: tuple[Path, str]) -> None:
    before = session(finished[0], 2)
    again = rft(finished[0])
    assert again.exit_code == 0
    assert " turns · " not in again.output
    assert session(finished[0], 2) == before


def test_the_manifest_tells_how_rollouts_were_chosen(finished: tuple[Path, str]) -> None:
    manifest = json.loads((finished[0] / "run" / "tiny" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["models"]["judge"] == "offline-script"
    assert manifest["models"]["holdout"] == "offline-task"
    assert {"judge", "holdout"} <= set(manifest["scripted_roles"])
    chosen = manifest["settings"]["rft"]
    assert (chosen["selector"], chosen["rollout_n"]) == ("best", 3)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"selector": "random"}, "rollouts 'selector'"),
        ({"missing": "refuse"}, "rollouts 'missing'"),
        ({"norms": "own.yaml"}, "judging 'norms'"),
    ],
    ids=["selector", "missing", "norms"],
)
def test_a_run_is_not_continued_under_another_way_of_choosing(
    finished: tuple[Path, str], change: dict[str, str], named: str
) -> None:
    own = {"source": "mine", "counselor": {"WAI": {"mean": 5, "std": 1}}, "client": {}}
    (finished[0] / "own.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    refused = rft(finished[0], **change)
    assert isinstance(refused.exception, RecordError)
    assert f"made with {named}" in str(refused.exception)


def test_a_run_is_reported_on_with_what_the_second_judge_says(finished: tuple[Path, str]) -> None:
    told = call("report", finished[0] / "run", "--resamples", "100")
    assert told.exit_code == 0, told.output
    assert "reward of the winner" in told.output
    assert "second judge" in told.output
    assert "not a result" in told.output
    page = (finished[0] / "run" / "tiny" / "report.html").read_text(encoding="utf-8")
    assert "Agreement with the second judge" in page
    assert "Not a result" in page


def test_options_of_an_evaluations_report_are_refused_for_a_run(finished: tuple[Path, str]) -> None:
    refused = call("report", finished[0] / "run", "--use", "verified")
    assert isinstance(refused.exception, SettingsError)
    assert "--use" in str(refused.exception)


def test_the_number_of_rollouts_may_be_given_on_the_line(tmp_path: Path) -> None:
    assert rft(tmp_path, "-n", "2").exit_code == 0
    assert session(tmp_path, 1)["rollout_data"]["rollout_n"] == 2


def test_an_unknown_setting_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    refused = rft(tmp_path, rollouts_n=3)
    assert isinstance(refused.exception, SettingsError)
    assert "did you mean 'rollout_n'" in str(refused.exception)


def test_norms_are_computed_written_and_shown(tmp_path: Path) -> None:
    write_table(tmp_path / "eval", make_rows(noisy(), cases=4, sessions=4))
    done = call("norms", tmp_path / "eval", "--out", tmp_path / "norms.yaml")
    assert done.exit_code == 0, done.output
    assert "counselor WAI" in done.output
    assert "(lower is better)" in done.output
    assert (
        yaml.safe_load((tmp_path / "norms.yaml").read_text(encoding="utf-8"))["counselor"]["WAI"]["std"] > 0
    )


def test_norms_from_too_few_sessions_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write_table(tmp_path / "eval", make_rows(noisy(), modalities=("cbt",), cases=1, sessions=2))
    refused = call("norms", tmp_path / "eval", "--out", tmp_path / "norms.yaml")
    assert isinstance(refused.exception, ScoringError)
    assert not (tmp_path / "norms.yaml").exists()
