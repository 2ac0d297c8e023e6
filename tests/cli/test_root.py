"""What stands before a command: version, help, completion; and `init`."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from psychagent.assets.locate import OWN
from psychagent.cli.main import app
from tests.support.commands import walk

COMPLETE = "import sys; sys.argv[:] = ['psychagent']; from psychagent.cli.main import run; run()"


def completed(line: str) -> list[str]:
    """What the shell offers where the cursor stands at the end of a line."""
    env = {**os.environ, "_PSYCHAGENT_COMPLETE": "complete_bash", "COMP_WORDS": line}
    env["COMP_CWORD"] = str(len(line.split(" ")) - 1)
    done = subprocess.run(
        [sys.executable, "-c", COMPLETE], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


def test_the_version_is_shown() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"psychagent {version('psychagent')}\n")


def test_every_command_takes_the_short_word_for_help() -> None:
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    lines = [path for path, _ in walk(root)]
    assert len(lines) > 20
    for path in lines:
        shown = CliRunner().invoke(app, [*path, "-h"])
        assert (shown.exit_code, shown.output.startswith("Usage:")) == (0, True), path


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("psychagent sa", ["sample", "safety"]),
        ("psychagent sample --basel", ["--baseline"]),
        ("psychagent sample --language ", ["en", "zh"]),
        ("psychagent safety audit ver", ["verify"]),
    ],
)
def test_the_shell_completes_commands_options_and_values(line: str, offered: list[str]) -> None:
    assert completed(line) == offered


def test_init_says_what_it_made_and_how_to_use_it(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["init", str(tmp_path / "own texts")])
    assert shown.exit_code == 0
    assert f"made {tmp_path}/own texts/prompts" in shown.output
    assert f"export {OWN}='{tmp_path}/own texts'" in shown.output


def test_doctor_says_whose_texts_are_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CliRunner().invoke(app, ["init", str(tmp_path / "own")])
    monkeypatch.setenv(OWN, str(tmp_path / "own"))
    shown = CliRunner().invoke(app, ["doctor", "--baseline", "nowhere.yaml"])
    assert f"assets: prompts: {tmp_path}/own/prompts (your copy: " in shown.output
