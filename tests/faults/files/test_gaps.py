"""A session that is gone from a course is named by every command that reads the course."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from psychagent.files.lock import hold_lock
from tests.support.asked import Ended, ask
from tests.support.exporting import make_rft, make_sample

FEW = ("--methods", "SRS")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs whose courses have two sessions."""
    root = tmp_path_factory.mktemp("made")
    make_sample(root / "sample")
    make_rft(root / "rft", cases=1, n=2)
    return root


def of(root: Path, kind: str) -> Path:
    return next((root / kind).iterdir())


def judged(root: Path) -> Ended:
    return ask("eval", "--data-root", of(root, "sample"), "--output-root", root / "out", *FEW)


def reported(root: Path) -> Ended:
    judged(root)
    assert ask("report", root / "out", "--resamples", "100").status == 0
    return Ended(0, (root / "out" / "report.md").read_text(encoding="utf-8"))


def rolled(root: Path) -> Ended:
    run = of(root, "rft")
    ended = ask("report", run, "--resamples", "100")
    return ended if ended.error else Ended(0, (run / "report.md").read_text(encoding="utf-8"))


COMMANDS: dict[str, Callable[[Path], Ended]] = {
    "show": lambda root: ask("show", next(of(root, "sample").glob("*/*/course.json")).parent),
    "eval": judged,
    "report": reported,
    "report of rollouts": rolled,
    "skills use": lambda root: ask("skills", "use", of(root, "rft")),
    "export": lambda root: ask("export", of(root, "sample"), "--out", root / "rows.jsonl"),
}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_session_that_is_gone_is_named(made: Path, tmp_path: Path, name: str, number: int) -> None:
    root = copytree(made, tmp_path / "made")
    for path in root.rglob(f"session_{number}.json"):
        path.unlink()
    ended = COMMANDS[name](root)
    assert f"session_{number}.json" in ended.said.replace("\\", "")
    assert "is missing; put it back" in ended.said
    assert ended.status == {"eval": 1, "export": 2 * (number == 1)}.get(name, 0)


def test_no_gap_is_told_of_a_whole_course(made: Path, tmp_path: Path) -> None:
    root = copytree(made, tmp_path / "made")
    for command in COMMANDS.values():
        ended = command(root)
        assert (ended.status, ended.error) == (0, "")
        assert "is missing; put it back" not in ended.said


def test_a_link_to_a_case_is_no_case_of_its_own(made: Path, tmp_path: Path) -> None:
    root = copytree(made, tmp_path / "made")
    case = next(of(root, "sample").glob("*/*/course.json")).parent
    (case.parent / "twin").symlink_to(case)
    ended = judged(root)
    assert ended.status == 1
    assert f"has {case.name!r}, and" in unwrapped(ended)
    assert "its place says 'twin'; put the right file here (2x)" in unwrapped(ended)
    assert "2 sessions" in ended.said


def unwrapped(ended: Ended) -> str:
    """What a table says, without its lines and breaks."""
    return " ".join(ended.said.replace("│", " ").split())


def test_a_run_that_has_lost_its_manifest_is_listed_as_broken(made: Path, tmp_path: Path) -> None:
    root = copytree(made, tmp_path / "made")
    (of(root, "sample") / "manifest.json").unlink()
    for named in (root / "sample", of(root, "sample")):
        ended = ask("runs", named, "--json")
        assert ended.status == 1
        assert '"state": "broken"' in ended.printed
        assert "no such file" in ended.printed


DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "torn": (lambda path: path.write_text("{"), "session_1.json", "is truncated or not JSON"),
    "of another place": (
        lambda path: path.write_text((path.parent / "session_2.json").read_text()),
        "session_1.json",
        "its place says 1",
    ),
    "gone": (lambda path: path.unlink(), "session_1.json", "is missing"),
    "course torn": (lambda path: (path.parent / "course.json").write_text("{"), "course.json", "truncated"),
}


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("kind", ["sample", "rft"])
def test_a_run_with_a_damaged_file_is_listed_as_damaged(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    root = copytree(made, tmp_path / "made")
    damage, file, reason = DAMAGES[name]
    case = next(of(root, kind).glob("*/*/course.json")).parent
    damage(case / "session_1.json")
    listed = ask("runs", root / kind)
    assert listed.status == 1
    assert "damaged (1 file)" in listed.said
    assert f"{case / file}: " in listed.said.replace("\\", "")
    assert reason in listed.said
    told = ask("runs", root / kind, "--json")
    (line,) = json.loads(told.printed)
    assert (told.status, line["state"]) == (1, "damaged")
    (one,) = line["damaged"]
    assert one["file"] == f"{case.parent.name}/{case.name}/{file}"
    assert reason in one["reason"]


def test_a_run_that_works_is_running_and_its_damage_is_told(made: Path, tmp_path: Path) -> None:
    root = copytree(made, tmp_path / "made")
    next(of(root, "sample").glob("*/*/session_2.json")).write_text("{")
    with hold_lock(of(root, "sample") / ".lock"):
        (line,) = json.loads(ask("runs", root / "sample", "--json").printed)
    assert (line["state"], len(line["damaged"])) == ("running", 1)


def test_a_whole_run_is_listed_with_nothing_damaged(made: Path) -> None:
    told = ask("runs", made / "sample", made / "rft", "--json")
    assert (told.status, [line["damaged"] for line in json.loads(told.printed)]) == (0, [[], []])


def test_the_lock_of_an_evaluation_names_its_own_option(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with hold_lock(tmp_path / "out" / ".lock"):
        ended = ask("eval", "--output-root", tmp_path / "out", *FEW)
    assert ended.error.endswith("wait for it, end it, or name another --output-root")


@pytest.mark.parametrize("methods", ["[SRS]", "SRS"])
def test_scales_without_a_school_are_told_how_to_name_one(tmp_path: Path, methods: str) -> None:
    settings = tmp_path / "judge.yaml"
    settings.write_text(f"methods: {methods}\n", encoding="utf-8")
    ended = ask("eval", "--config", settings, "--output-root", tmp_path / "out")
    assert "names no school; write one a line below it, such as cbt: [SRS], or give --methods" in ended.error
