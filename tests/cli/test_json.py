"""Commands that programs read print JSON, and nothing beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from tests.support.eval_runs import make_run


def printed(*words: object, status: int = 0) -> Any:
    result = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def test_the_counts_of_skills_are_records_by_language() -> None:
    counted = printed("skills", "stats")
    assert counted.keys() == {"en", "zh"}
    first = counted["en"][0]
    assert first.keys() == {"modality", "stage", "meta_skills", "skills", "with_caution"}
    assert sum(one["skills"] for one in counted["en"]) == sum(one["skills"] for one in counted["zh"])


def test_a_search_gives_skills_with_their_scores() -> None:
    (hit,) = printed("skills", "search", "责怪自己", "--language", "zh", "-k", 1)
    assert hit["skill"]["id"].count(".") > 1
    assert hit["score"] > 0


def test_the_doctors_findings_are_records_and_the_exit_status_stays(tmp_path: Path) -> None:
    found = printed("doctor", "--baseline", tmp_path / "nowhere.yaml", status=1)
    states = {one["name"]: one["state"] for one in found}
    assert (states["settings: baseline"], states["disk"]) == ("failed", "well")
    assert {one["because"] for one in found if one["state"] == "skipped"} == {"settings: baseline"}


@pytest.mark.slow
def test_a_report_gives_its_numbers_in_words_and_as_numbers(tmp_path: Path) -> None:
    data = make_run(tmp_path / "run", "ann", "ben", sessions=2)
    CliRunner().invoke(app, ["eval", "--data-root", str(data), "--output-root", str(tmp_path / "out")])
    written = printed("report", tmp_path / "out", "--resamples", 100)
    assert written["said"].keys() == written["numbers"].keys()
    assert written["numbers"]["Client shared"]["cases"] == 2
    assert written["made_with_script"] is True
    assert Path(written["html"]).is_file()


def test_no_runs_are_an_empty_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert printed("runs") == []


def test_a_folder_of_runs_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["runs", str(tmp_path / "nowhere")])
    assert "nowhere: no such folder" in str(result.exception)


def test_a_dry_run_asks_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    result = CliRunner().invoke(app, ["sample", "--dry-run", "--max-cases", "2", "--save-dir", str(folder)])
    assert result.exit_code == 0
    assert "2 cases × at most 6 sessions × at most 8 counselor turns" in result.stdout
    assert "No price is given for offline-script" in result.stdout
    assert not folder.exists()
