"""`psychagent sample` as a person meets it: tables, exit status, and errors of one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.children import finish, psychagent
from tests.support.loopback.server import Http, serve
from tests.support.running import always, case_dirs, load, manifest, run_plan, write_yaml

SHORT: dict[str, Any] = {"max_sessions": 1, "max_counselor_turns": 1}


def run(argv: list[str], folder: Path) -> tuple[int, str]:
    """Run the command line in a process of its own; return exit status and output."""
    log = folder / "output.txt"
    log.unlink(missing_ok=True)
    with psychagent(argv, log) as process:
        status = finish(process)
    return status, log.read_text(encoding="utf-8")


def test_a_run_that_finishes_ends_with_its_tables_and_status_0(tmp_path: Path) -> None:
    with serve() as server:
        status, told = run(
            write_yaml(tmp_path, run_plan(tmp_path / "r", server.base_url, cases=2, **SHORT)), tmp_path
        )
    assert status == 0
    assert "2/2 cases" in told, "progress is told in lines where there is no terminal"
    assert "calls/s" in told
    rows = {line.split("│")[1].strip(): line for line in told.splitlines() if line.startswith("│")}
    assert [cell.strip() for cell in rows["finished by max_sessions"].split("│")[2:5]] == ["2", "2", "2"]
    for status_name in ("finished by plan", "partial", "failed"):
        assert rows[status_name].split("│")[2].strip() == "0"
    assert rows["counselor"].split("│")[2].strip() == "2"
    assert rows["all"].split("│")[2].strip() == "12"
    assert f"Transcripts: {tmp_path / 'r' / 'loopback'}" in told
    assert "Failed" not in told


def test_a_case_that_fails_is_named_with_its_reason_and_status_1(tmp_path: Path) -> None:
    refusal = Http(status=400, body={"error": {"message": "not [/red] like [bold]this[/bold]"}})
    with serve(always("counselor", refusal)) as server:
        argv = write_yaml(tmp_path, run_plan(tmp_path / "r", server.base_url, **SHORT))
        status, told = run(argv, tmp_path)
    assert status == 1
    assert "✗ cbt/en01 failed" in told
    reason = "counselor: HTTP 400 not [/red] like [bold]this[/bold]"
    assert reason in told, "what looks like markup is shown as it is"
    table = told[told.index("Failed") :]
    assert "cbt/en01" in table
    assert "HTTP 400 not" in table


def test_options_go_before_files(tmp_path: Path) -> None:
    with serve() as server:
        argv = write_yaml(tmp_path, run_plan(tmp_path / "r", server.base_url, cases=9, **SHORT))
        more = ["--max-cases", "2", "--modalities", "bt, pmt", "--language", "zh", "--concurrency", "7"]
        status, _ = run([*argv, *more], tmp_path)
    assert status == 0
    assert {p.parent.name for p in case_dirs(tmp_path / "r")} == {"bt", "pmt"}
    settings = manifest(tmp_path / "r")["settings"]
    assert settings["runtime"]["world"]["language"] == "zh"
    assert settings["runtime"]["machine"]["concurrency"] == 7
    said = load(case_dirs(tmp_path / "r")[0] / "session_1.json")
    assert said["case_id"].startswith("zh")


def test_a_run_that_is_there_is_gone_on_with_refused_or_overwritten(tmp_path: Path) -> None:
    with serve() as server:
        argv = write_yaml(tmp_path, run_plan(tmp_path / "r", server.base_url, **SHORT))
        assert run(argv, tmp_path)[0] == 0
        made = len(server.calls)
        assert run(argv, tmp_path)[0] == 0
        assert len(server.calls) == made
        status, told = run([*argv, "--no-resume"], tmp_path)
        assert status == 2
        assert told.startswith(
            f"error: {tmp_path / 'r' / 'loopback'}: holds a run; continue it with --resume"
        )
        assert run([*argv, "--overwrite"], tmp_path)[0] == 0
        assert len(server.calls) == 2 * made


def test_one_client_is_named_and_a_run_with_another_is_another_run(tmp_path: Path) -> None:
    with serve() as server:
        argv = write_yaml(tmp_path, run_plan(tmp_path / "r", server.base_url, **SHORT))
        named = [*argv, "--modalities", "het", "--profile"]
        assert run([*named, "en07"], tmp_path)[0] == 0
        assert [place.name for place in case_dirs(tmp_path / "r")] == ["en07"]
        made = len(server.calls)
        assert run([*named, "en07"], tmp_path)[0] == 0
        assert len(server.calls) == made
        status, told = run([*named, "en05"], tmp_path)
        assert status == 2
        assert 'made with dataset \'profiles\' = ["en07"], now ["en05"]; go back to it' in told
        status, told = run([*named, "en070"], tmp_path)
    assert (status, told) == (2, "error: no profile 'en070' for 'en'; did you mean 'en07'?\n")


def test_other_models_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path / "r", server.base_url, **SHORT)
        assert run(write_yaml(tmp_path, plan), tmp_path)[0] == 0
        other = run_plan(tmp_path / "r", server.base_url, model="larger", **SHORT)
        status, told = run(write_yaml(tmp_path, other), tmp_path)
    assert status == 2
    assert len(told.strip().splitlines()) == 1
    assert "made with baseline 'counselor.model' = 'loopback', now 'larger'" in told


MISTAKES: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "unknown key": ({"max_sesions": 2}, [], "unknown key 'max_sesions'; did you mean 'max_sessions'?"),
    "bad value": ({"max_sessions": 0}, [], "field 'max_sessions' has 0"),
    "no key": (
        {"counselor": {"base_url": "http://127.0.0.1:9/v1", "api_key_env": "NO_SUCH_KEY"}},
        [],
        "environment variable 'NO_SUCH_KEY' is not set",
    ),
    "modality": ({}, ["--modalities", "cbd"], "--modalities has 'cbd'; did you mean 'cbt'?"),
}


@pytest.mark.parametrize(("change", "options", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_and_status_2(
    tmp_path: Path, change: dict[str, Any], options: list[str], told: str
) -> None:
    argv = write_yaml(tmp_path, run_plan(tmp_path / "r", "http://127.0.0.1:9/v1"))
    file = tmp_path / "baseline.yaml"
    file.write_text(json.dumps(load(file) | change), encoding="utf-8")
    status, said = run([*argv, *options], tmp_path)
    assert status == 2
    assert said.startswith("error: ")
    assert told in said
    assert "Traceback" not in said
    assert not list((tmp_path / "r").glob("*/manifest.json"))


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    status, told = run(["sample", "--baseline", str(tmp_path / "none.yaml")], tmp_path)
    assert status == 2
    assert f"{tmp_path / 'none.yaml'}: no such file" in told
