"""`psychagent compare` from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import PsychAgentError
from tests.support.score_tables import make_rows, noisy, write_table


def call(*words: object) -> str:
    """Run a command that is expected to succeed, or raise what it says."""
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "80"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def make_eval(folder: Path, name: str, *, shift: float = 0.0, seed: int = 0, **summary: Any) -> Path:
    rows = make_rows(noisy(seed, shift), modalities=("bt",), cases=8, sessions=2)
    return write_table(folder, [row | {"baseline": name} for row in rows], **summary)


@pytest.fixture
def evals(tmp_path: Path) -> list[Path]:
    return [
        make_eval(tmp_path / "ours", "ours", seed=1),
        make_eval(tmp_path / "plain", "plain", seed=2, shift=-2),
        make_eval(tmp_path / "rag", "rag", seed=3),
    ]


def test_systems_are_compared_with_the_first(evals: list[Path], tmp_path: Path) -> None:
    told = call("compare", *evals, "--out", tmp_path / "out", "--resamples", 100)
    assert "Headline numbers: mean (rank)" in told
    assert "Less ours, paired by case" in told
    assert "Friedman, counselor shared: χ² = " in told
    assert "Paper" not in told
    for name in ("comparison.html", "comparison.md", "comparison.json"):
        assert (tmp_path / "out" / name).is_file()


def test_another_reference_and_the_paper_are_asked_for(evals: list[Path], tmp_path: Path) -> None:
    told = call("compare", *evals, "--reference", "plain", "--paper", "--out", tmp_path / "out")
    assert "Less plain, paired by case" in told
    assert "TheraMind" in told


def test_json_holds_every_number_and_nothing_else_is_printed(evals: list[Path], tmp_path: Path) -> None:
    found = json.loads(call("compare", *evals, "--json", "--resamples", 100, "--out", tmp_path / "out"))
    assert list(found["systems"]) == ["ours", "plain", "rag"]
    contrast = found["differences"]["plain"]["counselor_shared"]
    assert contrast["cases"] == 8
    assert contrast["difference"] < -1
    assert contrast["p"] < contrast["p_holm"]
    assert Path(found["html"]).is_file()
    assert found["sampling"] == {"resamples": 100, "seed": 0, "level": 0.95}


def test_seeds_are_given_under_one_name(evals: list[Path], tmp_path: Path) -> None:
    words = [f"a={evals[0]}", f"a={evals[2]}", f"b={evals[1]}"]
    found = json.loads(call("compare", *words, "--json", "--resamples", 100, "--out", tmp_path / "out"))
    assert [len(system["evaluations"]) for system in found["systems"].values()] == [2, 1]
    assert found["systems"]["a"]["sessions"] == 2 * found["systems"]["b"]["sessions"]


def test_it_writes_to_a_folder_of_its_own(
    evals: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call("compare", *evals, "--resamples", 100)
    assert (tmp_path / "comparison" / "comparison.html").is_file()


def test_a_script_is_told_and_not_held_against_the_paper(evals: list[Path], tmp_path: Path) -> None:
    script = make_eval(tmp_path / "s", "script", is_script=True)
    told = " ".join(call("compare", *evals, script, "--paper", "--out", tmp_path / "out").split())
    assert "Made with a script: these numbers are not a result." in told
    assert "The paper's numbers are left out" in told
    assert "Paper: " not in told
    assert "Only one of the two was made by a script" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{0}",), r"only one system is given \(ours\)"),
        (("{0}", "{0}"), "both judged 'ours'"),
        (("a={0}", "b={0}"), "is given twice, as 'a' and as 'b'"),
        (("{0}", "{1}", "--reference", "x"), "names 'x', which is no system; known: ours, plain"),
        (("{0}", "{none}"), "no such file; run `psychagent eval"),
        (("{0}", "x" * 300), "cannot be used .*shorten its name"),
        (("{0}", "y=" + "x" * 300), "cannot be used .*shorten its name"),
    ],
)
def test_what_cannot_be_compared_says_why(
    evals: list[Path], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    named = [word.format(*evals, none=tmp_path / "none") for word in words]
    with pytest.raises(PsychAgentError, match=said):
        call("compare", *named, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_name_is_no_markup(evals: list[Path], tmp_path: Path) -> None:
    words = [f"[red]x={evals[0]}", f"y={evals[1]}", "--resamples", 100]
    assert "[red]x" in call("compare", *words, "--out", tmp_path / "out")
