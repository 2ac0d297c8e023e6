"""A name that is written in capitals, or with a slip of the pen in capitals, is suggested as it is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from tests.support.asked import ask

KIND = "name: own\ncounselor:\n  Provider: offline\n"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("sample --modalities CBTT", "cbt"),
        ("eval --modalities CBT", "cbt"),
        ("sample --profile EN01", "en01"),
        ("sample --case cbt/EN01", "en01"),
        ("profiles show EN01", "en01"),
        ("sample --baseline OFFLINE", "offline"),
        ("sample --runtime DEFAULTS", "default"),
        ("sample --baseline {settings}", "provider"),
        ("skills show CBT.CONCEPTUALIZATION.WORKING-TOGETHER.AGENDA", "cbt."),
        ("chat --region gbx", "GB"),
        ("export {settings} --out x.jsonl --tasks COUNSELOR", "counselor"),
    ],
)
def test_a_name_in_other_letters_is_suggested(tmp_path: Path, line: str, meant: str) -> None:
    settings = tmp_path / "own.yaml"
    settings.write_text(KIND, encoding="utf-8")
    error = ask(*line.format(settings=settings).split()).error
    assert f"did you mean '{meant}" in error or f"near it: {meant}" in error


@pytest.mark.parametrize(("line", "meant"), [("SAMPLE", "sample"), ("skills SHOW", "show")])
def test_a_command_in_capitals_is_suggested(line: str, meant: str) -> None:
    ended = CliRunner().invoke(app, line.split())
    assert (ended.exit_code, f"Did you mean '{meant}'" in ended.output) == (2, True)
