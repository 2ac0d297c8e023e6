"""What a report goes without is said where it was asked for, and not on its pages alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.asked import Ended, ask
from tests.support.exporting import make_rft, make_sample

FEW = ("--resamples", "100")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain run and one with rollouts, whose courses have two sessions."""
    root = tmp_path_factory.mktemp("made")
    make_sample(root / "sample", cases=2)
    make_rft(root / "rft", cases=2, n=2)
    return root


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    place = data.index(b'"content"') + 15
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def noisy(data: bytes) -> bytes:
    return data[:200] + b"\xff\xfe" + data[202:]


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut": (cut, "mend it or put it back"),
    "flipped": (flipped, "it was changed after it was written; put it back"),
    "noisy": (noisy, "or put it back if it is damaged"),
    "empty": (lambda data: b"", "mend it or put it back"),
}
"""Name -> what it does to a file, and the end of what is said of it."""


def rollouts(root: Path, *more: str) -> Ended:
    return ask("report", root / "rft", *FEW, *more)


def judged(methods: str) -> Callable[..., Ended]:
    def report(root: Path, *more: str) -> Ended:
        if not (root / "out").is_dir():
            ask("eval", "--data-root", root / "sample", "--output-root", root / "out", "--methods", methods)
        return ask("report", root / "out", *FEW, *more)

    return report


REPORTS: dict[str, tuple[str, Callable[..., Ended]]] = {
    "rollouts": ("rft", rollouts),
    "scores": ("sample", judged("SRS")),
    "safety": ("sample", judged("SAFETY")),
}


def damage_one(root: Path, kind: str, damage: Callable[[bytes], bytes], name: str = "session_1.json") -> str:
    """Damage a file of one case; return its name within the run."""
    path = sorted((root / kind).rglob(name))[0]
    path.write_bytes(damage(path.read_bytes()))
    return "/".join(path.parts[-3:])


def unwrapped(ended: Ended) -> str:
    """What a table says, without its lines and breaks."""
    return "".join(ended.said.replace("│", " ").split())


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("report", REPORTS)
def test_a_damaged_session_is_named_by_the_report_that_is_without_it(
    made: Path, tmp_path: Path, report: str, damage: str
) -> None:
    root = copytree(made, tmp_path / "made")
    (kind, run), (change, remedy) = REPORTS[report], DAMAGES[damage]
    file = damage_one(root, kind, change)
    ended = run(root)
    assert (ended.status, ended.error) == (0, "")
    assert file in unwrapped(ended)
    assert remedy.replace(" ", "") in unwrapped(ended)
    left_out = json.loads(run(root, "--json").printed)["left_out"]
    assert [one["file"].endswith(file) for one in left_out if remedy in one["reason"]] == [True]
    (page,) = [path for path in root.rglob("report.md")]
    assert file in page.read_text("utf-8").replace("\\_", "_")


@pytest.mark.parametrize("report", REPORTS)
def test_nothing_is_said_of_a_run_that_is_whole(made: Path, tmp_path: Path, report: str) -> None:
    ended = REPORTS[report][1](copytree(made, tmp_path / "made"))
    assert "left out" not in ended.said


def test_a_damaged_file_of_a_course_is_named_and_the_rest_is_reported(made: Path, tmp_path: Path) -> None:
    root = copytree(made, tmp_path / "made")
    file = damage_one(root, "rft", cut, "course.json")
    ended = rollouts(root)
    assert (ended.status, ended.error) == (0, "")
    assert file in unwrapped(ended)


def test_where_no_session_can_be_read_the_damage_is_told_and_no_run_is_asked_for(
    made: Path, tmp_path: Path
) -> None:
    root = copytree(made, tmp_path / "made")
    for path in (root / "rft").rglob("session_*.json"):
        path.write_bytes(cut(path.read_bytes()))
    ended = rollouts(root)
    assert "session_1.json: is truncated or not JSON" in ended.error
    assert ended.error.endswith("3 more cannot be read either")
