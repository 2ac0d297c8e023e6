"""`psychagent estimate` and `--budget`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from psychagent.cli.main import app
from psychagent.errors import SettingsError
from tests.support.loopback.server import serve
from tests.support.metering import Meter
from tests.support.running import course_file, run_plan, write_yaml

URL = "http://127.0.0.1:9/v1"
PRICES = {"prompt": 2, "cached": 0.2, "completion": 8, "currency": "EUR"}


def call(*line: str | Path) -> Result:
    return CliRunner().invoke(app, [str(part) for part in line], env={"COLUMNS": "200"})


def files(folder: Path, url: str = URL, *, priced: bool = True, **over: Any) -> list[str]:
    """Write the settings of a small run; return the options that name them."""
    endpoint = {"prices": PRICES} if priced else {}
    plan = run_plan(folder / "runs", url, **over)
    baseline = plan.baseline.model_copy(
        update={"counselor": plan.baseline.counselor.model_copy(update=endpoint)}
    )
    client = plan.runtime.world.client.model_copy(update=endpoint)
    world = plan.runtime.world.model_copy(update={"client": client})
    object.__setattr__(plan, "baseline", baseline)
    object.__setattr__(plan, "runtime", plan.runtime.model_copy(update={"world": world}))
    return write_yaml(folder, plan)[1:]


def without_folder(line: list[str]) -> list[str]:
    return line[: line.index("--save-dir")]


def test_an_estimate_says_calls_tokens_money_and_hours(tmp_path: Path) -> None:
    line = [*without_folder(files(tmp_path)), "--tokens-per-sec", "50"]
    words = call("estimate", "sample", *line)
    assert words.exit_code == 0, words.output
    assert "EUR" in words.output
    assert "hours, with one call at a time" in words.output
    data = json.loads(call("estimate", "sample", *line, "--json").output)
    assert data["money"]["currency"] == "EUR"
    assert data["cost"] == pytest.approx(sum(part["cost"] for part in data["lines"]))
    assert data["hours"] > 0
    assert data["total"]["calls"] == sum(part["used"]["calls"] for part in data["lines"])
    shorter = json.loads(call("estimate", "sample", *line, "--turns", "1", "--json").output)
    assert shorter["cost"] < data["cost"]


def test_courses_are_not_expected_to_be_longer_than_they_may_be(tmp_path: Path) -> None:
    error = call("estimate", "sample", *without_folder(files(tmp_path)), "--sessions", "2.5").exception
    assert isinstance(error, SettingsError)
    assert "sessions: 2.5 are expected, and the baseline's limit is 2" in str(error)


def test_an_estimate_of_rollouts_holds_the_judge(tmp_path: Path) -> None:
    line = without_folder(files(tmp_path))
    data = json.loads(call("estimate", "rft", *line, "--rollouts", "3", "--json").output)
    by_role = {part["role"]: part for part in data["lines"]}
    assert by_role["judge"]["is_script"]
    assert by_role["counselor"]["used"]["calls"] == 3 * 2 * 2


def test_an_estimate_of_judging_counts_the_sessions_that_are_there() -> None:
    data = json.loads(call("estimate", "eval", "--modalities", "cbt", "--case-limit", "1", "--json").output)
    assert data["lines"][0]["role"] == "judge"
    assert data["cases"] > 1
    assert data["hours"] is None
    assert call("estimate", "eval", "--methods", "NO_SUCH").exit_code != 0


def test_what_is_finished_is_left_out_of_an_estimate(tmp_path: Path) -> None:
    with serve(Meter()) as server:
        line = files(tmp_path, server.base_url, max_sessions=1, max_counselor_turns=1)
        before = json.loads(call("estimate", "sample", *line, "--json").stdout)
        assert call("sample", *line).exit_code == 0
        after = call("estimate", "sample", *line, "--json")
    assert (before["cases"], json.loads(after.stdout)["cases"]) == (1, 0)


def test_a_budget_of_a_command_stops_it_and_more_lets_it_go_on(tmp_path: Path) -> None:
    with serve(Meter()) as server:
        line = files(tmp_path, server.base_url)
        held = call("sample", *line, "--budget", "0.01")
        assert held.exit_code == 3, held.output
        assert "of a budget of 0.01 EUR" in held.output
        assert "Run the same command with a higher one to go on" in held.output
        assert course_file(tmp_path / "runs")["finished_reason"] == "budget"
        done = call("sample", *line, "--budget", "1 EUR")
    assert done.exit_code == 0, done.output
    assert "by earlier commands" in done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--budget", "a lot"], "write a sum above 0"),
        (["--budget", "0"], "write a sum above 0"),
        (["--budget", "-3"], "write a sum above 0"),
        (["--budget", "1e3"], "--budget has '1e3'; write a sum above 0 in digits"),
        (["--budget", "1e400"], "write a sum above 0"),
        (["--budget", "1e-9"], "write a sum above 0"),
        (["--budget", "1_000"], "write a sum above 0"),
        (["--budget", "1,000"], "write a sum above 0"),
        (["--budget", "40 EUR2"], "write a sum above 0"),
        (["--budget", "9" * 400], "write a sum above 0"),
        (["--budget", "5 USD"], "the budget is in USD, and the price of counselor in EUR"),
        (["--allow-unpriced"], "no effect without a budget"),
    ],
)
def test_a_budget_that_is_none_is_refused(tmp_path: Path, options: list[str], said: str) -> None:
    error = call("sample", *files(tmp_path), *options).exception
    assert isinstance(error, SettingsError)
    assert said in str(error)


def test_a_role_without_a_price_is_named_before_anything_is_asked(tmp_path: Path) -> None:
    line = files(tmp_path, priced=False)
    error = call("sample", *line, "--budget", "5").exception
    assert isinstance(error, SettingsError)
    assert "there is no price for client, client_file, counselor" in str(error)
