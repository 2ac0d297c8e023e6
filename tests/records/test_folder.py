"""A run's folder: found at or below a path, its cases and sessions in order, what is broken by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.domain.base import Modality
from psychagent.errors import RecordError
from psychagent.files.write import write_json
from psychagent.records.folder import CaseFolder, RunFolder, run_of, runs_at


def make_run(path: Path, *cases: str, sessions: int = 1) -> RunFolder:
    run = RunFolder(path)
    write_json(run.manifest_path, {"models": {}})
    for name in cases:
        for index in range(1, sessions + 1):
            write_json(path / name / f"session_{index}.json", {"transcript": [], "session_index": index})
    return run


def test_a_run_is_found_at_its_folder_or_right_below_a_path(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "mine")
    assert RunFolder.of(run.path) == RunFolder.of(tmp_path / "runs") == run
    assert run.name == "mine"


def test_only_a_number_as_we_write_it_makes_a_session_s_file(tmp_path: Path) -> None:
    names = ["session_2", "session_10", "session_02", "session_0", "session_²", "session_٤", "session_x"]
    for name in names:
        write_json(tmp_path / f"{name}.json", {})
    assert [file.index for file in CaseFolder(tmp_path).session_files()] == [2, 10]


def test_no_run_and_several_runs_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"holds no run; name .* where manifest\.json stands"):
        RunFolder.of(tmp_path)
    for name in ("theirs", "ours"):
        make_run(tmp_path / name)
    with pytest.raises(RecordError, match=r"holds 2 runs \(ours, theirs\); name one of them"):
        RunFolder.of(tmp_path)
    assert [run.name for run in runs_at(tmp_path)] == ["ours", "theirs"]


def test_the_folder_that_one_stands_in_has_its_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    assert RunFolder.of(Path()).name == "mine"


def test_cases_come_by_modality_and_id_and_nothing_else_does(tmp_path: Path) -> None:
    run = make_run(tmp_path, "pdt/a", "cbt/b", "cbt/a", "report_pictures/x")
    (tmp_path / "cbt" / "notes.txt").write_text("x")
    assert [case.name for case in run.cases()] == ["cbt/a", "cbt/b", "pdt/a"]
    assert [(case.modality, case.case_id) for case in run.cases()][0] == (Modality.CBT, "a")
    assert run.case(Modality.CBT, "a").course_path == tmp_path / "cbt" / "a" / "course.json"


def test_sessions_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    make_run(tmp_path, "cbt/a", sessions=12)
    case = CaseFolder(tmp_path / "cbt" / "a")
    write_json(case.path / "session_x.json", {})
    write_json(case.path / "session_3_copy.json", {})
    assert [file.index for file in case.session_files()] == list(range(1, 13))
    assert [record.session_index for record in case.sessions().records] == list(range(1, 13))


def test_a_broken_session_is_named_with_its_reason_and_the_others_are_read(tmp_path: Path) -> None:
    make_run(tmp_path, "cbt/a", sessions=3)
    (tmp_path / "cbt" / "a" / "session_2.json").write_text("{")
    held = CaseFolder(tmp_path / "cbt" / "a").sessions()
    assert [record.session_index for record in held.records] == [1, 3]
    (broken,) = held.broken
    assert broken.file == "cbt/a/session_2.json"
    assert broken.reason.startswith("is truncated or not JSON")


@pytest.mark.parametrize(("text", "said"), [("[]", "holds a list, not a manifest"), ("{", "is truncated")])
def test_a_broken_manifest_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(RecordError, match=rf"manifest\.json: {said}"):
        RunFolder(tmp_path).manifest()


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("mine/cbt/a/session_1.json", "mine"),
        ("mine/other/a/session_1.json", None),
        ("mine/cbt/a/course.json", None),
    ],
)
def test_the_run_of_a_session_is_told_by_its_place(tmp_path: Path, place: str, name: str | None) -> None:
    run = run_of(tmp_path / place)
    assert (run.name if run else None) == name


def test_no_other_module_spells_the_name_of_a_manifest() -> None:
    package = Path(__file__).resolve().parents[2] / "psychagent"
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    found = [
        path.relative_to(package).as_posix() for path, text in texts.items() if '"manifest.json"' in text
    ]
    assert found == ["records/folder.py"]
