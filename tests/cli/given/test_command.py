"""Values that no command could use are refused in one sentence, before anything is read or written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import SettingsError

LONG = "a" * 5000


def refusal(*line: str) -> str:
    """What a command says of a line that it refuses."""
    result = CliRunner().invoke(app, list(line))
    assert isinstance(result.exception, SettingsError), (result.exception, result.output)
    assert "\n" not in str(result.exception)
    return str(result.exception)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("sample", "--baseline="), "--baseline has '', which is empty; name a path"),
        (("sample", "--baseline", " "), "--baseline has ' ', which is empty"),
        (("sample", f"--baseline={LONG}"), "--baseline has 'aaa"),
        (("sample", "--save-dir=~/runs"), "--save-dir has '~/runs', which begins with a ~"),
        (("sample", "--save-dir=/"), "--save-dir has '/', which is the whole file system"),
        (("sample", "--profile="), "--profile has '', which names nothing"),
        (("sample", "--profile=en01", f"--profile={LONG}"), "--profile has 'aaa"),
        (("sample", f"--case={LONG}"), "--case has 'aaa"),
        (("sample", "--modalities=,"), "--modalities has ',', which names nothing"),
        (("eval", "--methods= , "), "--methods has ' , ', which names nothing"),
        (("eval", "--data-root=/.."), "--data-root has '/..', which is the whole file system"),
        (("init", ""), "DIR has '', which is empty"),
        (("runs", "runs", "a\nb"), "FOLDER has 'a\\nb', which holds a control character"),
        (("skills", "search", " "), "TEXT has ' ', which names nothing"),
        (("profiles", "show", LONG), "ID_OR_FILE has 'aaa"),
        (("report", "x", "--against=/dev/zero"), "--against has '/dev/zero', which is a device"),
        (("agree", "pipe"), "RATINGS has 'pipe', which is a pipe; name a file or a folder"),
        (("norms", "x", "--out", "-"), "--out has '-', which is no stream here; name a file or a folder"),
        (("export", "x", "--out=-"), "--out has '-', which is no stream here"),
        (("show", "circle"), "CASE_DIR has 'circle', which is a link that leads in a circle"),
    ],
)
def test_a_value_that_no_command_can_use_is_refused(
    line: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("circle").symlink_to("circle")
    assert refusal(*line).startswith(told)
    assert len(refusal(*line)) < 200
    assert sorted(os.listdir()) == ["circle", "pipe"]


OPPOSED = "--resume has no effect with --overwrite; leave one of them out"
TWICE = "is given 2 times, and only the last would count; give it once"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sample --resume --overwrite", OPPOSED),
        ("rft -n 2 --overwrite --resume", OPPOSED),
        ("sample --resume --no-resume", TWICE),
        ("eval --no-resume --resume", TWICE),
        ("replay r --overwrite --no-overwrite", TWICE),
        ("show r --thoughts --no-thoughts", TWICE),
        ("export r --keep-think --strip-think", TWICE),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_anything_is_removed(
    line: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(*line.split()).endswith(told)
    assert os.listdir() == []


@pytest.mark.parametrize("name", ["./~", "a b", "./-"])
def test_an_odd_name_that_a_folder_may_have_is_taken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).mkdir()
    result = CliRunner().invoke(app, ["runs", "--", name])
    assert result.exit_code == 0, result.exception


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("sample", "--dry-run", "--save-dir=file/x"), "file: is no folder; name another --save-dir"),
        (("rft", "--dry-run", "--save-dir=file"), "file: is no folder; name another --save-dir"),
        (("eval", "--output-root=file/x"), "file: is no folder; name another --output-root"),
        (("chat", "--save-dir=file"), "file: is no folder; name another --save-dir or --name"),
    ],
)
def test_a_dry_run_refuses_what_the_run_would_refuse(
    line: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(app, list(line))
    assert told in str(result.exception), result.output
    assert os.listdir() == ["file"]


@pytest.mark.parametrize("command", ["rft", "doctor"])
@pytest.mark.parametrize("number", ["1", "65", "99999999"])
def test_a_number_of_rollouts_that_no_run_can_have_is_told_by_the_option(command: str, number: str) -> None:
    result = CliRunner().invoke(app, [command, "-n", number])
    assert result.exit_code == 2
    bound = "2 or more" if number == "1" else "64 or less"
    assert f"Invalid value for '-n' / '--rollouts': has '{number}': write {bound}" in result.output


def test_a_file_is_no_folder_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.jsonl").write_text("{}")
    result = CliRunner().invoke(app, ["runs", "train.jsonl"])
    assert str(result.exception) == "train.jsonl: is a file; name a run, or a folder of runs"
