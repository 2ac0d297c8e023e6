"""A folder that holds a run, a chat or an evaluation is written into by none of the others."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from psychagent.chats.plan import Choices, make_plan
from psychagent.cli.main import app
from psychagent.errors import RecordError
from psychagent.evals.evaluate import run_eval
from psychagent.reports.page.blocks import Heading
from psychagent.reports.page.write import write_page
from psychagent.runs.home import require_free, require_home
from tests.support.eval_runs import eval_plan, make_run
from tests.support.exporting import make_sample


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the script."""
    return make_sample(tmp_path_factory.mktemp("made"))


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return copytree(made, tmp_path / "runs" / made.name)


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(*words: str | Path) -> str:
    with pytest.raises(RecordError) as caught:
        app([*map(str, words)], standalone_mode=False)
    return str(caught.value)


def as_chat(run: Path) -> None:
    chat = {"schema_version": 1, "case_id": "c1", "modality": "cbt", "language": "en"}
    (run / "chat.json").write_text(json.dumps(chat))


CUT = '{"mine": [1, 2, "thr'


@pytest.mark.parametrize("name", ["scores.csv", "degenerate.csv", "degenerate/empty/cbt/en01/session_1.json"])
def test_every_file_of_an_evaluation_is_kept_from_others(tmp_path: Path, name: str) -> None:
    (tmp_path / "summary.json").write_text("{}")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(RecordError, match="is a file of an evaluation; name another --out"):
        require_free(tmp_path / name, "--out")


def test_a_damaged_file_of_somebody_else_is_not_replaced_by_scores(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    mine = out / "cbt" / "en01" / "session_1.json"
    mine.parent.mkdir(parents=True)
    mine.write_text(CUT)
    said = refused("eval", "--data-root", data, "--output-root", out, "--methods", "SRS")
    assert said.startswith(f"{mine}: is not a file that this command wrote, and would be replaced")
    assert mine.read_text() == CUT


@pytest.mark.parametrize(
    "name",
    ["rows.jsonl", "rows.card.json", "rows.card.md", "dataset_info.json", "datasets/dataset_info.json"],
)
def test_an_export_is_not_written_over_a_file_of_somebody_else(run: Path, tmp_path: Path, name: str) -> None:
    others = {
        "dataset_info.json": '{"a": 1}',
        "datasets/dataset_info.json": '{"rows": {"file_name": "b.json"}}',
    }
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text(others.get(name, "my notes"))
    before = bytes_below(mine.parent)
    said = refused("export", run, "--out", mine.parent / "rows.jsonl", "--format", "sharegpt")
    assert said.startswith(f"{mine}: ")
    assert bytes_below(mine.parent) == before


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_a_report_is_not_written_over_a_page_of_somebody_else(tmp_path: Path, name: str) -> None:
    blocks = [Heading("Evaluation report")]
    for _ in range(2):
        write_page(tmp_path, "report", "PsychAgent: evaluation report", blocks)
    (tmp_path / name).write_text("my notes")
    with pytest.raises(RecordError, match=f"{name}: is not a file that this command wrote"):
        write_page(tmp_path, "report", "PsychAgent: evaluation report", blocks)
    assert (tmp_path / name).read_text() == "my notes"


@pytest.mark.parametrize("within", [".", "cbt"])
def test_scores_are_not_written_over_the_run_that_is_judged(run: Path, within: str) -> None:
    before = bytes_below(run)
    said = refused("eval", "--data-root", run / within, "--output-root", run, "--methods", "SRS")
    assert said == f"{run}: holds a run, not an evaluation; name another --output-root"
    assert bytes_below(run) == before


def test_scores_are_not_written_over_a_chat(run: Path) -> None:
    as_chat(run)
    before = bytes_below(run)
    said = refused("eval", "--data-root", run, "--output-root", run, "--methods", "SRS")
    assert said == f"{run}: holds a chat, not an evaluation; name another --output-root"
    assert bytes_below(run) == before


@pytest.mark.parametrize("judged", [".", "cbt", "cbt/en01", "cbt/en01/session_1.json"])
def test_scores_are_not_written_over_dialogues_that_belong_to_no_run(tmp_path: Path, judged: str) -> None:
    data = make_run(tmp_path, "en01")
    before = bytes_below(data)
    said = refused("eval", "--data-root", data / judged, "--output-root", data, "--methods", "SRS")
    assert said.endswith("session_1.json, which is to be judged; name another --output-root")
    assert bytes_below(data) == before


def test_a_link_to_the_judged_folder_is_that_folder(tmp_path: Path) -> None:
    data = make_run(tmp_path, "en01")
    (tmp_path / "link").symlink_to(data)
    said = refused("eval", "--data-root", data, "--output-root", tmp_path / "link", "--methods", "SRS")
    assert "which is to be judged" in said


def test_a_file_that_holds_no_scores_is_not_replaced_by_scores(tmp_path: Path) -> None:
    """Sessions of another folder, copied to where scores of the same names would go."""
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    copytree(data / "cbt", out / "cbt")
    before = bytes_below(out / "cbt")
    for more in ([], ["--no-resume"]):
        said = refused("eval", "--data-root", data, "--output-root", out, "--methods", "SRS", *more)
        assert "session_1.json: is not a file that this command wrote, and would be replaced" in said
    assert bytes_below(out / "cbt") == before


async def test_scores_may_stand_above_what_is_judged(tmp_path: Path) -> None:
    result = await run_eval(eval_plan(make_run(tmp_path, "en01"), tmp_path, methods=("SRS",)))
    assert [s.case_id for s in result.sessions] == ["en01"]


@pytest.mark.parametrize("held", ["a chat", "an evaluation"])
@pytest.mark.parametrize("more", [[], ["--overwrite"], ["--no-resume"]])
def test_a_run_is_not_written_into_another_home(run: Path, held: str, more: list[str]) -> None:
    if held == "a chat":
        as_chat(run)
    else:
        for name in ("manifest.json", "checkpoints.sqlite"):
            (run / name).unlink()
        (run / "summary.json").write_text("{}")
    (run.parent / "system.yaml").write_text(f"name: {run.name}\n")
    before = bytes_below(run)
    settings: list[str | Path] = ["--baseline", run.parent / "system.yaml", "--save-dir", run.parent]
    said = refused("sample", *settings, "--max-cases", "1", *more)
    assert said == f"{run}: holds {held}, not a run; name another --save-dir"
    assert bytes_below(run) == before


@pytest.mark.parametrize(("name", "held"), [("manifest.json", "a run"), ("eval.log", "an evaluation")])
def test_a_chat_is_not_written_into_another_home(tmp_path: Path, name: str, held: str) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / name).write_text("{}")
    with pytest.raises(RecordError, match=f"holds {held}, not a chat; name another --save-dir or --name"):
        make_plan(tmp_path, "base", Choices(), {})


KEPT = ("manifest.json", "cbt/en01/session_1.json", "checkpoints.sqlite", ".lock", "checkpoints.sqlite-wal")


@pytest.mark.parametrize("name", [*KEPT, ".unsent.json", "calls/cbt/en01.jsonl", "run.log", "safety.jsonl"])
def test_an_export_is_not_written_over_a_file_of_a_run(run: Path, name: str) -> None:
    (run / name).parent.mkdir(parents=True, exist_ok=True)
    (run / name).touch()
    before = bytes_below(run)
    said = refused("export", run, "--out", run / name)
    assert said == f"{run / name}: is a file of a run; name another --out"
    assert bytes_below(run) == before


async def test_norms_are_not_written_over_a_table_of_scores(tmp_path: Path) -> None:
    await run_eval(eval_plan(make_run(tmp_path, "en01", "en02"), tmp_path / "scores", methods=("SRS",)))
    table = tmp_path / "scores" / "scores.csv"
    before = table.read_bytes()
    with pytest.raises(RecordError, match="is a file of an evaluation; name another --out"):
        require_free(table, "--out")
    assert table.read_bytes() == before


def test_an_export_of_before_may_be_written_again_in_a_folder_of_a_run(run: Path) -> None:
    (run / "sft.jsonl").write_text("")
    require_free(run / "sft.jsonl", "--out")
    with pytest.raises(RecordError, match="lies in .* which holds a run; name another --out"):
        require_free(run / "new.jsonl", "--out")


INTO: dict[str, tuple[str, ...]] = {
    "eval": ("eval", "--methods", "SRS", "--output-root"),
    "sample": ("sample", "--max-cases", "1", "--save-dir"),
    "rft": ("rft", "--max-cases", "1", "--save-dir"),
}


@pytest.mark.parametrize("within", ["bt", "cbt", "cbt/en01/scores", "calls"])
@pytest.mark.parametrize("command", INTO)
def test_what_has_a_folder_of_its_own_is_not_written_into_a_run(run: Path, command: str, within: str) -> None:
    before = bytes_below(run)
    said = refused(*INTO[command], run / within)
    assert f": lies in {run}, which holds a run: " in said
    assert said.endswith(("name another --output-root", "name another --save-dir"))
    assert bytes_below(run) == before


async def test_a_run_is_not_written_into_an_evaluation(tmp_path: Path) -> None:
    await run_eval(eval_plan(make_run(tmp_path, "en01"), tmp_path / "scores", methods=("SRS",)))
    said = refused(*INTO["sample"], tmp_path / "scores" / "runs")
    assert f"lies in {tmp_path / 'scores'}, which holds an evaluation: a run has a folder of its own" in said


def test_scores_are_written_where_another_program_has_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "my app"}')
    (tmp_path / "summary.json").write_text("{}")
    require_home(tmp_path / "evals" / "mine", "an evaluation", "--output-root")
