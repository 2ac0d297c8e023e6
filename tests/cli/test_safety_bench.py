"""`psychagent safety bench`: the table with its goals, and a model behind an endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.cli.safety.bench import NOT_MEASURED
from tests.support.loopback.server import serve


def called(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["safety", "bench", *map(str, arguments)], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    return done.output


def baseline_at(folder: Path, base_url: str) -> Path:
    path = folder / "baseline.yaml"
    endpoint = {"base_url": base_url, "model": "a-model", "max_retries": 0}
    path.write_text(
        yaml.safe_dump({"safety": {"endpoint": endpoint, "classifier": "always"}}), encoding="utf-8"
    )
    return path


def test_without_a_model_its_column_says_so_and_goals_stand_beside_the_rules() -> None:
    shown = called("--language", "zh", "--half", "tuning", "--misses")
    assert shown.count(NOT_MEASURED) == 10, "nine rates, and the caption"
    assert "≥ 0.85" in shown
    assert "Danger found by the rules" in shown
    assert "zh-" in shown


def test_a_model_is_named_with_its_prompt_and_what_asking_took(tmp_path: Path) -> None:
    with serve() as server:
        path = baseline_at(tmp_path, server.base_url)
        shown = called("--language", "en", "--baseline", path, "--every", "300")
        measured: dict[str, Any] = json.loads(
            called("--language", "en", "--baseline", path, "--every", "300", "--json")
        )
        asked = server.count("risk")
    assert "model a-model, prompt" in shown
    note = measured["note"]
    assert (note["model"], note["failed"]) == ("a-model", 0)
    assert 0 < note["asked"] * 2 == asked
    assert note["prompt_tokens"] > 0
    assert [rate["name"] for rate in measured["model"]] == [rate["name"] for rate in measured["rules"]]


def test_a_baseline_without_a_model_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text("name: plain\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["safety", "bench", "--baseline", str(path)])
    assert "names no model under 'safety.endpoint'; add one" in str(done.exception)
