"""The experiment of `make tables`, small: every system is run, judged and compared, and none is a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from psychagent.assets.locate import asset_dir
from psychagent.cli.main import app
from psychagent.domain.script_note import NUMBERS_OF_SCRIPT
from tests.support.experiments import SHORT, write_experiment

pytestmark = pytest.mark.slow


def small() -> dict[str, Any]:
    """The bundled file with one case, one session, one scale, and skills ranked by words."""
    said: dict[str, Any] = yaml.safe_load(
        (asset_dir("configs") / "experiments" / "tables.yaml").read_text(encoding="utf-8")
    )
    judging = {"methods": {"cbt": ["WAI"]}, "degenerate": 0}
    for system in said["systems"].values():
        if "baseline" in system:
            system["set"] = system.get("set", {}) | SHORT
        if "rft" in system:
            system["rft"]["judging"] = judging
    return said | {"dataset": {"modalities": ["cbt"], "max_cases": 1}, "eval": judging}


def call(folder: Path, word: str, *more: str) -> str:
    file = write_experiment(folder, small())
    done = CliRunner().invoke(
        app, ["experiment", word, str(file), "--save-dir", str(folder), *more], env={"COLUMNS": "120"}
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_system_is_run_judged_and_compared_under_the_banner_of_a_script(tmp_path: Path) -> None:
    assert NUMBERS_OF_SCRIPT in call(tmp_path, "run")
    cells = json.loads(call(tmp_path, "status", "--json"))["cells"]
    assert len(cells) == 15
    assert {(cell["state"], cell["cases"], cell["judged"], cell["missing"]) for cell in cells} == {
        ("done", 1, 1, 0)
    }
    told = call(tmp_path, "report")
    assert NUMBERS_OF_SCRIPT in told
    for ending in ("html", "md"):
        page = (tmp_path / "tables" / "report" / f"comparison.{ending}").read_text(encoding="utf-8")
        assert "numbers of a script: no result" in page
        assert not [cell["system"] for cell in cells if cell["system"] not in page]
