"""The doctor examines what `eval` and `rft` would read, by the names of their options."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from tests.support.doctoring import doctor, settings_files, well, write_settings
from tests.support.loopback.server import Call, Http, serve

ROOT = Path(__file__).resolve().parents[2]


def judge(base_url: str, **over: Any) -> dict[str, Any]:
    at = {"model": "judge", "base_url": base_url, "max_retries": 0, "timeout_sec": 5}
    return {"judge": at | over.pop("judge", {})} | over


def rollouts(folder: Path, base_url: str, **over: Any) -> list[str]:
    inner = judge(base_url, **over.pop("judging", {}))
    return ["--rft-config", str(write_settings(folder / "rft.yaml", **({"judging": inner} | over)))]


def test_judges_are_asked_and_what_they_read_is_read(tmp_path: Path) -> None:
    with serve(well) as server:
        config = write_settings(tmp_path / "judge.yaml", **judge(server.base_url, language="zh"))
        holdout = {"model": "second", "base_url": server.base_url}
        more = rollouts(tmp_path, server.base_url, holdout=holdout)
        options = settings_files(tmp_path, server.base_url)
        status, lines = doctor([*options, "--config", str(config), *more, "--no-probe"])
        assert [call.body["model"] for call in server.calls] == [
            *["loopback"] * 4,
            *["judge"] * 4,
            *["second"] * 2,
        ]
    assert status == 0, lines
    for name in ("judge", "rollout judge", "holdout"):
        assert lines[f"{name}: typed reply"].startswith("✓")
    assert "templates of 'zh' can be rendered" in lines["judge: prompts"]
    assert "25 scales" in lines["judge: scales"]
    assert "best of 8" in lines["rollouts: choice"]
    assert "10 calls were made" in lines["calls"]


def test_without_their_options_no_judge_is_examined(tmp_path: Path) -> None:
    with serve(well) as server:
        _, lines = doctor(settings_files(tmp_path, server.base_url))
    assert not any("judge" in name or "rollout" in name for name in lines)


def test_the_number_of_rollouts_is_laid_over_the_settings_and_means_a_run_of_them(tmp_path: Path) -> None:
    with serve(well) as server:
        options = settings_files(tmp_path, server.base_url)[:4]
        status, lines = doctor([*options, "-n", "3", "--no-probe"])
    assert status == 0, lines
    assert "best of 3" in lines["rollouts: choice"]
    assert lines["settings: dataset"].endswith(": rft")


def test_cases_and_language_are_those_of_the_options(tmp_path: Path) -> None:
    with serve(well) as server:
        options = [*settings_files(tmp_path, server.base_url), "--language", "zh", "--no-probe"]
        _, lines = doctor([*options, "--modalities", "cbt"])
        _, wrong = doctor([*options, "--case", "cbt/nobody"])
    assert "'zh'" in lines["prompts"]
    assert "cases of cbt can be read" in lines["cases"]
    assert wrong["cases"].startswith("✗")
    assert "nobody" in wrong["cases"]


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a scale that is none": ({"judging": {"methods": {"cbt": ["WEI"]}}}, "rollouts: reward", "WEI"),
    "no reward": ({"judging": {"methods": {"cbt": ["SAFETY"]}}}, "rollouts: reward", "has no reward"),
    "no norms": ({"norms": "nowhere.yaml"}, "rollouts: reward", "nowhere.yaml: no such file"),
    "no scales": (
        {"judging": {"scales_root": "nowhere"}},
        "rollouts: reward",
        "does not exist; name a folder (in settings: scales_root)",
    ),
    "no prompts": ({"judging": {"prompts_root": "nowhere"}}, "rollouts: prompts", "nowhere"),
    "no key": ({"judging": {"judge": {"api_key_env": "ABSENT"}}}, "rollout judge: key", "ABSENT"),
    "a key misspelled": ({"rollout_m": 3}, "settings: rollouts", "rollout_n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_rft_would_stumble_over_is_told_first(fault: str, tmp_path: Path) -> None:
    over, check, said = FAULTS[fault]
    with serve(well) as server:
        options = settings_files(tmp_path, server.base_url)
        status, lines = doctor([*options, *rollouts(tmp_path, server.base_url, **over), "--no-probe"])
    assert status == 1
    assert [name for name, line in lines.items() if line.startswith("✗")] == [check]
    assert said in lines[check]


WARNINGS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "one reply": ({"temperature": 0}, {}, "rollouts: choice", "the counselor's temperature is 0"),
    "the counselor judges": (
        {},
        {"judging": {"judge": {"model": "loopback"}}},
        "rollouts: choice",
        "own model",
    ),
    "one judge twice": ({}, {"holdout": {"model": "judge"}}, "rollouts: choice", "shows nothing"),
    "repeats": ({}, {"judging": {"repeats": 3}}, "rollouts: reward", "most repeats will be"),
}


@pytest.mark.parametrize("doubt", WARNINGS)
def test_what_is_hardly_meant_is_a_warning_and_the_status_stays_0(doubt: str, tmp_path: Path) -> None:
    baseline, over, check, said = WARNINGS[doubt]
    with serve(well) as server:
        if "holdout" in over:
            over = {"holdout": over["holdout"] | {"base_url": server.base_url}}
        options = settings_files(tmp_path, server.base_url, baseline=baseline)
        status, lines = doctor([*options, *rollouts(tmp_path, server.base_url, **over), "--no-probe"])
    assert status == 0, lines
    assert [name for name, line in lines.items() if line.startswith("!")] == [check]
    assert said in lines[check]


def test_a_gate_that_is_off_with_a_model_is_a_warning(tmp_path: Path) -> None:
    with serve(well) as server:
        gate = {"mode": "off", "endpoint": {"model": "gate", "base_url": server.base_url}}
        status, lines = doctor([*settings_files(tmp_path, server.base_url, safety=gate), "--no-probe"])
    assert (status, lines["safety"][0]) == (0, "!")
    assert "safety.mode is off" in lines["safety"]


def test_an_unknown_script_as_judge_is_named(tmp_path: Path) -> None:
    config = write_settings(tmp_path / "judge.yaml", judge={"model": "nobody"})
    with serve(well) as server:
        options = [*settings_files(tmp_path, server.base_url), "--config", str(config), "--no-probe"]
        status, lines = doctor(options)
    assert status == 1
    assert "nobody" in lines["judge: model"]


def test_a_broken_prompt_of_the_judge_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    (tmp_path / "prompts" / "zh" / "shared" / "retry.jinja2").write_text("{% if %}", encoding="utf-8")
    with serve(well) as server:
        config = write_settings(tmp_path / "judge.yaml", **judge(server.base_url, prompts_root="prompts"))
        _, lines = doctor([*settings_files(tmp_path, server.base_url), "--config", str(config), "--no-probe"])
    assert "shared/retry" in lines["judge: prompts"]


def test_each_distinct_server_is_tried_once_and_its_table_is_shown(tmp_path: Path) -> None:
    def no_schema(call: Call, number: int) -> Http | None:
        if "json_schema" in str(call.body.get("response_format")):
            return Http(status=400, body={"error": {"message": "[red]no schema"}})
        return well(call, number)

    with serve(no_schema) as server:
        plain = {"structured": "json_object"}
        options = settings_files(tmp_path, server.base_url, baseline=plain, client=plain)
        more = rollouts(tmp_path, server.base_url, judging={"judge": plain})
        shown = CliRunner().invoke(app, ["doctor", *options, *more], env={"COLUMNS": "200"})
        asked = [call.body["model"] for call in server.calls]
    assert shown.exit_code == 0, shown.output
    # words and a typed reply of each role, and a schema, another bound and a stream of each model
    assert (asked.count("loopback"), asked.count("judge")) == (4 + 3, 2 + 3)
    assert "What servers take" in shown.output
    assert "no: probe: HTTP 400 [red]no schema" in " ".join(shown.output.split())
    assert "refuses json_schema (3 calls)" in shown.output


def test_what_a_busy_server_was_not_asked_is_not_known(tmp_path: Path) -> None:
    def busy(call: Call, number: int) -> Http | None:
        if call.body.get("stream"):
            return Http(status=429, body="slow down", headers={"retry-after": "0"})
        return well(call, number)

    with serve(busy) as server:
        options = settings_files(tmp_path, server.base_url)
        _, lines = doctor(options)
    (said,) = (line for line in lines.values() if "server: " in line)
    assert "did not answer to streamed replies (3 calls)" in said
    assert "refuses" not in said


def test_a_folder_of_assets_that_is_none_is_told_once(tmp_path: Path) -> None:
    status, lines = doctor([], PSYCHAGENT_ASSETS=str(tmp_path / "none"))
    assert status == 1
    failed = [line for line in lines.values() if not line.startswith("–")]
    assert len(failed) == 1
    assert "psychagent init" in failed[0]


def test_a_server_that_lets_nobody_in_is_told_once(tmp_path: Path) -> None:
    with serve(lambda call, n: Http(status=401, body="no")) as server:
        options = settings_files(tmp_path, server.base_url)
        status, lines = doctor(options)
        assert len(server.calls) == 1
    assert status == 1
    assert [name for name, line in lines.items() if line.startswith("✗")] == ["counselor: chat"]
    assert "because 'counselor: chat' failed" in lines["client: chat"]
