"""`psychagent report` and `psychagent agree` from the command line."""

from __future__ import annotations

import builtins
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.extra import needs_extra
from psychagent.cli.main import app
from psychagent.cli.report import read_prices
from psychagent.errors import PsychAgentError, SettingsError
from tests.support.score_tables import make_rows, noisy, write_table

TALK = [
    ("assistant", "Welcome back. What would you like to spend our time on today?"),
    ("user", "I could not sleep this week. I keep thinking about the exam."),
    ("assistant", "You lie awake and the exam goes round in your head. What do you feel then?"),
    ("user", "Afraid, mostly. And ashamed that I am."),
    ("assistant", "Afraid, and ashamed of the fear. Shall we look at one of those nights together?"),
    ("user", "Yes, I would like that."),
]


def call(*words: object) -> str:
    """Run a command that is expected to succeed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def write_session(folder: Path, modality: str, case: str, session: int) -> None:
    path = folder / modality / case / f"session_{session}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    transcript = [{"role": role, "content": text} for role, text in TALK]
    place = {"modality": modality, "case_id": case, "session_index": session}
    path.write_text(json.dumps(place | {"transcript": transcript}), encoding="utf-8")


@pytest.mark.slow
def test_a_run_is_evaluated_and_reported_by_two_commands(tmp_path: Path) -> None:
    for case in ("ann", "ben"):
        write_session(tmp_path / "run", "het", case, 1)
    call("eval", "--data-root", tmp_path / "run", "--output-root", tmp_path / "out")
    told = call("report", tmp_path / "out", "--resamples", 100)
    assert "these numbers are not a result" in told
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "Not a result: made with a script" in text
    assert "empty: nothing is said | 4.42 | 5.00 | 5.00 | 5.00" in text


def test_people_and_judge_are_compared_from_the_command_line(tmp_path: Path) -> None:
    write_session(tmp_path / "run", "bt", "ann", 1)
    write_session(tmp_path / "run", "bt", "ann", 2)
    scale = ("--methods", "HUMAN_VS_LLM")
    call("eval", "--data-root", tmp_path / "run", "--output-root", tmp_path / "out", *scale)
    rows = [
        {"rater": "A", "dialogue": f"bt/ann/session_{session}", "dimension": name, "points": session + place}
        for session in (1, 2)
        for place, name in enumerate(("Ethics", "Interaction", "Perception"))
    ]
    ratings = tmp_path / "ratings.jsonl"
    ratings.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    told = call("agree", ratings, "--judge", tmp_path / "out", "--columns", "score=points")
    assert "A and judge: weighted kappa" in told
    assert "over 6 units" in told
    assert (tmp_path / "out" / "agreement.html").is_file()


RATINGS = "rater,dialogue,dimension,score\n" + "".join(
    f"{rater},d{n},{name},{1 + (n * place) % 5}\n"
    for place, rater in enumerate(("A", "B\x1b]0;title\x07", "[red]C"), start=1)
    for n in range(6)
    for name in ("Ethics", "Warmth")
)


def test_agreement_is_printed_with_the_units_behind_each_number(tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(RATINGS, encoding="utf-8")
    told = call("agree", ratings)
    assert "Raters: A, B, [red]C; dimensions: Ethics, Warmth\n" in told
    assert "B and [red]C: weighted kappa" in told
    assert "over 12 units that two or more rated, 36 scores\n" in told
    assert "\x1b" not in told
    assert "\x07" not in told


def test_many_raters_are_printed_in_a_screenful(tmp_path: Path) -> None:
    rows = [f"r{r:02},d{n},x,{1 + (n * (1 + r % 4)) % 5}\n" for r in range(40) for n in range(10)]
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("rater,dialogue,dimension,score\n" + "".join(rows), encoding="utf-8")
    told = call("agree", ratings)
    assert "r09 and 30 more; dimensions: x\n" in told
    assert "780 pairs of raters: weighted kappa " in told
    assert "  highest: r00 and r04: weighted kappa 1.000 over 10 units\n" in told
    assert told.count("\n") < 10


def test_agreement_is_printed_as_json_with_every_pair(tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(RATINGS + "D,d1,Ethics,NA\n", encoding="utf-8")
    found = json.loads(call("agree", ratings, "--json"))
    assert found["raters"] == ["A", "B", "[red]C"]
    assert found["notes"][1] == "1 rater gave no score at all: D."
    whole = found["agreement"][0]
    assert (whole["alpha_units"], whole["alpha_scores"], len(whole["pairs"])) == (12, 36, 3)
    assert found["agreement"] == json.loads(Path(found["json"]).read_text(encoding="utf-8"))


def test_raters_without_a_score_are_no_second_rater(tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("rater,dialogue,score\nA,d,nan\nB,d,2\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"has only one rater \(A gave no score\); add ratings"):
        call("agree", ratings)


def test_one_rater_alone_is_refused(tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.jsonl"
    ratings.write_text('{"rater": "A", "dialogue": "d", "dimension": "x", "score": 1}', encoding="utf-8")
    with pytest.raises(SettingsError, match="only one rater"):
        call("agree", ratings)


def test_a_folder_without_scores_is_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PsychAgentError, match="run `psychagent eval"):
        call("report", tmp_path)


@pytest.mark.parametrize("command", ["sample", "rft"])
def test_a_run_that_nobody_judged_is_told_both_commands(tmp_path: Path, command: str) -> None:
    run = tmp_path / "runs" / "offline"
    run.mkdir(parents=True)
    made = {"settings": {"rft": {"n": 2}}} if command == "rft" else {}
    (run / "manifest.json").write_text(json.dumps(made), encoding="utf-8")
    ours = write_table(tmp_path / "ours", make_rows(lambda *_: 5.0))
    for place in (run, run.parent):
        words = (place,) if command == "sample" else (ours, "--against", place)
        with pytest.raises(PsychAgentError, match=f"run of `{command}`") as refused:
            call("report", *words)
        assert f"`psychagent eval --data-root {run} --output-root evals/offline`" in str(refused.value)
        assert "`psychagent report evals/offline`" in str(refused.value)
        # the advice for an empty folder would judge the examples into the run
        assert f"--output-root {run}" not in str(refused.value)


def compared(folder: Path, cases: int) -> str:
    for name, shift in (("ours", 0.5), ("theirs", 0.0)):
        rows = make_rows(noisy(shift=shift), modalities=("cbt",), cases=cases, sessions=1)
        write_table(folder / name, rows)
    told = call("report", folder / "ours", "--against", folder / "theirs", "--resamples", 100)
    return told.partition("This evaluation less the other, paired by case")[2].partition("Report:")[0]


@pytest.mark.parametrize(("cases", "intervals"), [(6, True), (3, False)])
def test_a_comparison_is_printed_as_a_small_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: int, intervals: bool
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    table = compared(tmp_path, cases)
    (row,) = [line for line in table.splitlines() if "10 − BDI_II (client)" in line]
    (panel,) = [line for line in table.splitlines() if "Counselor shared" in line]
    assert (" to " in row, " to " in panel) == (intervals, intervals)
    assert str(cases) in row.split()


def test_evaluations_without_a_common_case_are_not_compared(tmp_path: Path) -> None:
    for modality in ("bt", "cbt"):
        rows = make_rows(noisy(), modalities=(modality,), cases=1, sessions=1)
        write_table(tmp_path / modality, rows)
    told = call("report", tmp_path / "bt", "--against", tmp_path / "cbt", "--resamples", 100)
    assert "No case stands in both with a score" in told
    assert "p (Holm)" not in told


def test_what_speaks_against_a_comparison_is_printed(tmp_path: Path) -> None:
    for name, model in (("ours", "a"), ("theirs", "b")):
        rows = make_rows(noisy(), modalities=("cbt",), cases=2, sessions=1)
        write_table(tmp_path / name, [row | {"judge_model": model} for row in rows])
    told = call("report", tmp_path / "ours", "--against", tmp_path / "theirs", "--resamples", 100)
    assert "used different judge models" in " ".join(told.split())


def test_sessions_that_are_not_where_they_are_said_to_be_are_refused(tmp_path: Path) -> None:
    folder = write_table(tmp_path / "eval", make_rows(noisy(), modalities=("bt",), cases=1, sessions=1))
    with pytest.raises(PsychAgentError, match="no such folder of sessions"):
        call("report", folder, "--data-root", tmp_path / "nowhere")


def test_prices_come_from_options_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("prompt: 2\ncached: 0.5\ncompletion: 8\ncurrency: EUR\n", encoding="utf-8")
    found = read_prices(path, None, None)
    assert found is not None
    assert (found.prompt, found.cached, found.currency) == (2, 0.5, "EUR")
    given = read_prices(None, 1.0, 3.0)
    assert given is not None
    assert (given.prompt, given.cached, given.completion) == (1, None, 3)
    assert read_prices(None, None, None) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [((None, 1.0, None), "give both"), ((Path("prices.yaml"), 1.0, 2.0), "leave one out")],
)
def test_prices_by_half_are_refused(
    options: tuple[Path | None, float | None, float | None], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        read_prices(*options)


def test_a_missing_package_is_answered_by_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = builtins.__import__

    def without_report(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if name == "psychagent.reports.evaluation.write":
            raise ModuleNotFoundError("No module named 'pandas'", name="pandas")
        return load(name, globals, locals, fromlist or (), level)

    folder = write_table(tmp_path, make_rows(noisy(), modalities=("bt",), cases=1, sessions=1))
    monkeypatch.setattr(builtins, "__import__", without_report)
    with pytest.raises(SettingsError, match=r"needs 'pandas'.*pip install 'psychagent\[eval\]'"):
        call("report", folder)


def test_a_missing_module_of_our_own_is_no_missing_package() -> None:
    with pytest.raises(ModuleNotFoundError), needs_extra("eval"):
        raise ModuleNotFoundError("broken", name="psychagent.runs.nowhere")
