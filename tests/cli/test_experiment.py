"""`psychagent experiment`: run and status through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.domain.script_note import NUMBERS_OF_SCRIPT
from psychagent.errors import RecordError, SettingsError
from psychagent.files.write import write_json
from tests.support.experiments import SHORT, SMALL, TWO, at_server, content, write_experiment


def call(word: str, folder: Path, said: dict[str, Any], *more: str) -> Any:
    words = [
        "experiment",
        word,
        str(write_experiment(folder, said)),
        "--save-dir",
        str(folder / "out"),
        *more,
    ]
    return CliRunner().invoke(app, words, env={"COLUMNS": "120"})


def test_an_experiment_is_run_and_its_cells_are_listed(tmp_path: Path) -> None:
    before = call("status", tmp_path, content(TWO))
    assert before.output.count("not begun") == 2
    ran = call("run", tmp_path, content(TWO))
    assert ran.exit_code == 0, ran.output
    assert "0/2 cells" in ran.output
    assert "✓ no_skills, seed 0: 1 finished by max_sessions, 1 sessions, 1 judged" in ran.output
    assert NUMBERS_OF_SCRIPT in ran.output
    after = call("status", tmp_path, content(TWO))
    assert after.output.count("done") == 2
    assert NUMBERS_OF_SCRIPT in after.output
    found = json.loads(call("status", tmp_path, content(TWO), "--json").stdout)
    assert found["is_script"] is True
    assert found["folder"] == str(tmp_path / "out" / SMALL)
    first, second = found["cells"]
    assert (first["system"], first["state"], first["cases"], first["of_cases"]) == (
        "psychagent",
        "done",
        1,
        1,
    )
    assert (first["sessions"], first["judged"], first["missing"]) == (1, 1, 0)
    assert second["calls"] < first["calls"], "no filter and no rewrite is asked for"
    assert first["prompt_tokens"] > 0
    assert Path(first["evaluation"], "scores.csv").is_file()


def test_a_report_is_made_of_all_cells_or_says_which_are_not_judged(tmp_path: Path) -> None:
    said = content(TWO)
    early = call("report", tmp_path, said)
    assert isinstance(early.exception, RecordError)
    assert "no scores yet of psychagent, seed 0; no_skills, seed 0; go on with" in str(early.exception)
    call("run", tmp_path, said)
    shown = call("report", tmp_path, said, "--json")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    page = Path(found["html"])
    assert page == tmp_path / "out" / SMALL / "report" / "comparison.html"
    text = page.read_text(encoding="utf-8")
    assert "no_skills" in text
    assert "numbers of a script: no result" in text


def test_notes_on_what_makes_systems_hard_to_compare_are_printed(tmp_path: Path) -> None:
    systems = TWO | {"gpt": at_server("http://127.0.0.1:9/v1", max_sessions=4)}
    shown = call("status", tmp_path, content(systems)).output
    assert "Note: systems reflect with different models" in shown
    assert "Note: gpt has max_sessions 4 and not 1, as psychagent has" in shown


def test_what_is_missing_makes_the_exit_status_1(tmp_path: Path) -> None:
    judge = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1", "max_retries": 0}
    one = {"psychagent": TWO["psychagent"]}
    judging = {"judge": judge, "methods": {"cbt": ["WAI"]}, "degenerate": 0, "max_outage_sec": 0}
    ran = call("run", tmp_path, content(one, eval=judging))
    assert ran.exit_code == 1, ran.output
    (cell,) = json.loads(call("status", tmp_path, content(one, eval=judging), "--json").stdout)["cells"]
    assert (cell["state"], cell["missing"]) == ("done", 1)


@pytest.mark.parametrize("word", ["run", "status"])
def test_a_file_that_is_wrong_is_told_in_one_sentence(tmp_path: Path, word: str) -> None:
    ended = call(word, tmp_path, content({"a": {"baseline": "offline", "set": SHORT | {"memry": 1}}}))
    assert isinstance(ended.exception, SettingsError)
    assert "systems.a.set: unknown key 'memry'; did you mean 'memory'?" in str(ended.exception)
    unknown = CliRunner().invoke(app, ["experiment", word, "strategie"])
    assert "bundled experiments; did you mean 'strategies'?" in str(unknown.exception)


def test_the_bundled_experiment_is_named_by_its_word(tmp_path: Path) -> None:
    words = ["experiment", "status", "strategies", "--save-dir", str(tmp_path), "--json"]
    found = json.loads(CliRunner().invoke(app, words).stdout)
    assert [cell["system"] for cell in found["cells"]][:2] == ["psychagent", "no_memory"]
    assert {cell["of_cases"] for cell in found["cells"]} == {5}


@pytest.mark.parametrize("word", ["run", "status", "report"])
@pytest.mark.parametrize("named", ["mine", "mine/", "experiments/mine", "experiments/mine/experiment.json"])
def test_an_experiments_folder_is_told_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_json(tmp_path / "experiments" / "mine" / "experiment.json", {})
    ended = CliRunner().invoke(app, ["experiment", word, named])
    assert isinstance(ended.exception, SettingsError)
    assert str(ended.exception).endswith(
        "experiments/mine is the folder of an experiment; name the YAML file that it was made from"
    )
    elsewhere = CliRunner().invoke(app, ["experiment", word, "mine", "--save-dir", str(tmp_path)])
    assert "neither a file nor one of the bundled experiments" in str(elsewhere.exception)
