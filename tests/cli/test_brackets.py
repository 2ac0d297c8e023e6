"""Names of others are shown as they are: brackets that look like a color are neither dropped nor obeyed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from psychagent.assets.locate import asset_dir
from psychagent.cli.main import app

RUNNER = CliRunner()
ODD = ("[/red]", "qwen[fp8]", "[red]X[/red]")


def told(*words: str) -> str:
    result = RUNNER.invoke(app, list(words))
    assert not isinstance(result.exception, Exception), result.exception
    return "".join(result.output.split())


def write(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ODD)
def test_the_name_of_a_model_in_a_forecast(name: str, tmp_path: Path) -> None:
    served = {"provider": "openai", "model": name, "base_url": "http://127.0.0.1:9/v1"}
    baseline = write(tmp_path / "b.yaml", {"name": "b", "counselor": served, "reflector": served})
    assert name in told("sample", "--dry-run", "--baseline", str(baseline), "--max-cases", "1")


@pytest.mark.parametrize("name", ["[b]", "x[/b]"])
def test_the_folder_of_a_run(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name.replace("/", "") / "[" / "b]" if "/" in name else tmp_path / name
    run = folder / "r"
    limits = ("--max-cases", "1", "--max-sessions", "1")
    assert str(run) in told("sample", *limits, "--save-dir", str(run))
    assert "script" in told("runs", str(run))


@pytest.mark.parametrize("key", ODD)
def test_a_key_of_a_profile(key: str, tmp_path: Path) -> None:
    profile = yaml.safe_load((asset_dir("profiles") / "en" / "sample" / "en01.yaml").read_text())
    write(tmp_path / "p.yaml", profile | {key: 1})
    assert key in told("profiles", "validate", str(tmp_path / "p.yaml"))


@pytest.mark.parametrize("name", ODD)
def test_the_name_of_a_skill(name: str, tmp_path: Path) -> None:
    shutil.copytree(asset_dir("skills"), tmp_path / "skills")
    file = tmp_path / "skills" / "en" / "cbt" / "intervention.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    skill = (data if isinstance(data, list) else data["meta_skills"])[0]["skills"][0]
    skill["name"] = name
    write(file, data)
    assert name in told("skills", "show", skill["id"], "--root", str(tmp_path / "skills"))
