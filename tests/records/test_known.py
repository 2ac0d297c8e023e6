"""Whoever names a folder of ours of another kind is told which it is, and what to name."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import RecordError

RATINGS = "dialogue,dimension,a,b\nbt/en01/session_1,empathy,1,2\n"


def refusal(*line: str) -> str:
    """What a command says of a place that it refuses."""
    result = CliRunner().invoke(app, list(line))
    assert isinstance(result.exception, RecordError), (result.exception, result.output)
    return str(result.exception)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run, a run in which no session ended, and an evaluation."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "run/manifest.json": "{}",
        "run/bt/en01/session_1.json": '{"transcript": []}',
        "run/bt/en02/course.json": "{}",
        "new/manifest.json": "{}",
        "evaluation/scores.csv": "",
        "evaluation/bt/en01/session_1.json": '{"scales": {}}',
        "nothing/x.txt": "",
        "ratings.csv": RATINGS,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


EVAL = "name the output folder of `psychagent eval`"
JUDGED = "name the folder of a case of the run that was judged"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("agree ratings.csv --judge run", f"run: is a run; {EVAL}"),
        ("agree ratings.csv --judge run/bt/en01", f"run/bt/en01: is a case of a run; {EVAL}"),
        ("agree ratings.csv --judge evaluation/bt/en01", f"is a part of an evaluation; {EVAL}"),
        ("norms run --out x.yaml", f"run: is a run; {EVAL}"),
        ("report run/bt/en01", f"run/bt/en01: is a case of a run; {EVAL}"),
        ("report evaluation/bt/en01", f"is a part of an evaluation; {EVAL}"),
        ("show evaluation", f"evaluation: is an evaluation; {JUDGED}"),
        ("show evaluation/bt/en01", f"en01: is a part of an evaluation; {JUDGED}"),
        ("show evaluation/bt/en01/session_1.json", f"session_1.json: is a part of an evaluation; {JUDGED}"),
        ("export evaluation --out x", "evaluation: is an evaluation, no run; name <save_dir>/<baseline>"),
        ("show run", "run: is a run; name the folder of one of its cases, such as run/bt/en01"),
        ("show run/bt/en01 --session 9", "run/bt/en01: has no session 9; there are: 1"),
        ("show run/bt/en01/session_1.json --session 9", "session_1.json: is not session 9; leave out"),
        ("show run/bt/en02", "no session of this case has ended yet; there is, for example, run/bt/en01"),
        ("show run/bt/en07", "no such folder of a case in the run; there is, for example, run/bt/en01"),
        ("show new", "new: no session has ended yet, and only then is it written"),
        ("show new/cbt/*/", "no session has ended yet, and only then is it written"),
        ("show nothing", "nothing: holds no session_<k>.json; name the folder of a case"),
    ],
)
def test_a_place_of_another_kind_is_named_by_what_it_is(work: Path, line: str, told: str) -> None:
    assert told in refusal(*line.split())
