from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.judge import load_eval_settings
from psychagent.cli.eval import means_table
from psychagent.cli.main import app
from psychagent.domain.scores import SessionScores
from psychagent.errors import SettingsError
from psychagent.evals.summary import EvalResult
from psychagent.scales.scale import load_scales
from tests.support.eval_runs import make_run
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, serve
from tests.support.running import load

runner = CliRunner()


def test_a_run_is_judged_offline_with_no_key_and_no_settings(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    result = runner.invoke(app, ["eval", "--data-root", str(data), "--output-root", str(out)])
    assert result.exit_code == 0, result.output
    assert "counselor.CTRS" in result.output
    assert "understands nothing" in " ".join(result.output.split())
    assert str(out) in result.output.replace("\n", "")
    assert (out / "summary.json").is_file()


def test_worthless_sessions_stand_beside_the_real_ones_they_were_made_of(tmp_path: Path) -> None:
    one, many = (SessionScores.model_validate_json(text) for text in _scores_of_two_sessions(tmp_path))
    made = one.model_copy(update={"baseline": "empty"})
    result = EvalResult((one, many), load_scales(), degenerate=(made,))
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(means_table(result, "raw"))
    (row,) = [line for line in console.export_text().splitlines() if "client.SRS" in line]
    cells = [cell.strip() for cell in re.split("[│┃|]", row) if cell.strip()]
    first, second = (s.scales["SRS"].metrics["client.SRS"].raw for s in (one, many))
    assert first != second
    assert cells[1:] == [f"{(first + second) / 2:.2f}", "2", "0", f"{first:.2f}", f"{first:.2f}"]


def _scores_of_two_sessions(root: Path) -> list[str]:
    data, out = make_run(root, "en01", sessions=2), root / "out"
    options = ["--data-root", str(data), "--output-root", str(out), "--methods", "SRS"]
    assert runner.invoke(app, ["eval", *options]).exit_code == 0
    first, lower = (load(out / f"cbt/en01/session_{n}.json") for n in (1, 2))
    lower["scales"]["SRS"]["metrics"]["client.SRS"]["raw"] = 0.5
    return [json.dumps(first), json.dumps(lower)]


def test_progress_counts_sessions_as_sessions(tmp_path: Path) -> None:
    data = make_run(tmp_path, "en01", sessions=2)
    options = ["--data-root", str(data), "--output-root", str(tmp_path / "out"), "--methods", "SRS"]
    output = runner.invoke(app, ["eval", *options]).output
    assert re.search(r"\d+/\d+ sessions", output)
    assert "cases" not in output


def test_methods_modalities_and_a_limit_are_taken_from_the_command_line(tmp_path: Path) -> None:
    make_run(tmp_path, "en01", "en02", modality="bt")
    data, out = make_run(tmp_path, "en01", "en02"), tmp_path / "out"
    options = ["--methods", "WAI, SRS", "--modalities", "bt", "--case-limit", "1", "--concurrency", "2"]
    result = runner.invoke(app, ["eval", "--data-root", str(data), "--output-root", str(out), *options])
    assert result.exit_code == 0, result.output
    table = list(csv.DictReader((out / "scores.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["modality"], row["case_id"], row["metric"]) for row in table] == [
        ("bt", "en01", "SRS"),
        ("bt", "en01", "WAI"),
    ]


def test_a_file_that_was_left_out_is_in_the_table_and_in_the_exit_status(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02"), tmp_path / "out"
    (data / "cbt/en02/session_1.json").write_text("{", encoding="utf-8")
    options = ["--methods", "SRS", "--output-root", str(out)]
    result = runner.invoke(app, ["eval", "--data-root", str(data), *options])
    assert result.exit_code == 1
    assert "left out" in result.output
    assert "en02" in result.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--modalities", "cbd"], "--modalities has 'cbd'"),
        (["--data-root", "nowhere"], "nowhere does not exist"),
    ],
)
def test_an_option_that_cannot_be_used_is_said_in_a_sentence(
    tmp_path: Path, options: list[str], told: str
) -> None:
    result = runner.invoke(app, ["eval", "--output-root", str(tmp_path), *options])
    assert isinstance(result.exception, SettingsError)
    assert told in str(result.exception)


def test_a_missing_key_is_named_and_no_call_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    config = tmp_path / "judge.yaml"
    with serve(loopback_reply) as server:
        judge = f"{{provider: openai, model: m, base_url: '{server.base_url}', api_key_env: JUDGE_KEY}}"
        config.write_text(f"judge: {judge}", encoding="utf-8")
        data = make_run(tmp_path, "en01")
        result = runner.invoke(
            app,
            ["eval", "--config", str(config), "--data-root", str(data), "--output-root", str(tmp_path / "o")],
        )
        assert server.count() == 0
    assert "JUDGE_KEY" in str(result.exception)


def test_the_example_settings_are_valid() -> None:

    settings = load_eval_settings(asset_dir("configs") / "eval" / "openai_compatible.yaml")
    assert (settings.judge.provider, settings.judge.temperature) == ("openai", 0)
    assert load_eval_settings(None).judge.provider == "offline"


@pytest.mark.slow
def test_an_evaluation_that_was_killed_hard_goes_on_where_it_was(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02", sessions=2), tmp_path / "out"
    asked: list[str] = []

    def behave(call: Call, number: int) -> Http | None:
        asked.append(call.body["messages"][1]["content"])
        return loopback_reply(call, number)

    with serve(behave, delay_sec=0.05) as server:
        config = tmp_path / "judge.yaml"
        judge = f"{{provider: openai, model: m, base_url: '{server.base_url}'}}"
        config.write_text(f"judge: {judge}\nconcurrency: 1\ndegenerate: 0", encoding="utf-8")
        code = "from psychagent.cli.main import run; run()"
        command = [sys.executable, "-c", code, "eval", "--config", str(config)]
        command += ["--data-root", str(data), "--output-root", str(out)]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
        )
        deadline = time.monotonic() + 60
        while len(asked) < 20 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        first = len(asked)
        assert 20 <= first < 48
        options = ["--config", str(config), "--data-root", str(data), "--output-root", str(out)]
        result = runner.invoke(app, ["eval", *options])
        assert result.exit_code == 0, result.output
    # 12 calls a session; what was under way is asked again, at most one scale a session at work
    assert 48 <= len(asked) <= 48 + 2 * 5
    assert len((out / "scores.csv").read_text(encoding="utf-8").splitlines()) == 1 + 4 * 10
