"""A pipe, a folder or a link to nothing stands in a file's place: no command waits for it, or falls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.asked import Ended, ask
from tests.support.eval_runs import make_run
from tests.support.exporting import make_rft, make_sample
from tests.support.loopback.server import serve
from tests.support.running import run_plan, write_yaml
from tests.support.tried import Check, try_all

LONGEST = 20
"""Seconds that a command may take."""


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def full_folder(path: Path) -> None:
    path.mkdir()
    (path / "a.txt").write_text("mine", encoding="utf-8")


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "gone" / "far")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


KINDS: tuple[Callable[[Path], None], ...] = (pipe, folder, full_folder, link_to_nothing, link_to_itself)


@contextmanager
def soon() -> Iterator[None]:
    """Fail what waits for a pipe that nobody writes to."""

    def end(number: int, frame: object) -> None:
        raise TimeoutError(f"took longer than {LONGEST} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def argv() -> Iterator[Callable[[Path], list[str]]]:
    """The command line of a run below a folder."""
    with serve() as server:
        yield lambda root: write_yaml(root / "settings", run_plan(root / "runs", server.base_url, **SHORT))


SHORT = {"max_sessions": 1, "max_counselor_turns": 1}
FEW = ("--methods", "SRS")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, argv: Callable[[Path], list[str]]) -> Path:
    """A run, one with rollouts, one for export, an evaluation and a chat."""
    root = tmp_path_factory.mktemp("made")
    assert ask(*argv(root), "--log-calls").status == 0
    make_sample(root / "sample")
    make_rft(root / "rft", cases=1, n=2)
    assert ask("eval", "--data-root", make_run(root / "data", "en01"), "--output-root", root / "out", *FEW)
    return root


def resumed(root: Path) -> Ended:
    return ask(*resume_words(root), "--log-calls")


def judged_again(root: Path) -> Ended:
    return ask("eval", "--data-root", root / "data" / "base", "--output-root", root / "out", *FEW)


CASE, RUN = "runs/loopback/cbt/en01", "runs/loopback"
COMMANDS: dict[str, tuple[Callable[[Path], Ended], tuple[str, ...]]] = {
    "sample": (
        resumed,
        (
            *(f"{CASE}/session_1.json", f"{CASE}/course.json", f"{CASE}", f"{RUN}/manifest.json"),
            *(f"{RUN}/checkpoints.sqlite", f"{RUN}/run.log", f"{RUN}/.lock", f"{RUN}/safety.jsonl"),
            *(f"{RUN}/calls/cbt/en01.jsonl", f"{RUN}/calls", RUN, "runs", "settings/baseline.yaml"),
        ),
    ),
    "sample --overwrite": (
        lambda root: ask(*resume_words(root), "--overwrite"),
        (
            f"{CASE}/session_1.json",
            f"{CASE}/course.json",
            f"{RUN}/checkpoints.sqlite",
            f"{RUN}/calls/cbt/en01.jsonl",
        ),
    ),
    "show": (lambda root: ask("show", root / CASE), (f"{CASE}/session_1.json", CASE)),
    "runs": (lambda root: ask("runs", root / "runs"), (f"{RUN}/manifest.json", f"{RUN}/.lock", "runs")),
    "replay": (
        lambda root: ask("replay", root / RUN, "--save-dir", root / "again"),
        (f"{RUN}/manifest.json", f"{RUN}/calls/cbt/en01.jsonl", "again"),
    ),
    "audit": (lambda root: ask("safety", "audit", "verify", root / RUN), (f"{RUN}/safety.jsonl",)),
    "eval": (
        lambda root: ask("eval", "--data-root", root / RUN, "--output-root", root / "new", *FEW),
        (f"{CASE}/session_1.json", f"{RUN}/manifest.json", RUN, "new"),
    ),
    "eval again": (
        judged_again,
        (
            *(
                "out/cbt/en01/session_1.json",
                "out/cbt/en01",
                "out/scores.csv",
                "out/summary.json",
                "out/eval.log",
            ),
            *("out/scales.json", "out/.lock", "out/calls", "data/base/cbt/en01/session_1.json"),
        ),
    ),
    "report": (
        lambda root: ask("report", root / "out", "--resamples", "100"),
        (
            *(
                "out/scores.csv",
                "out/summary.json",
                "out/scales.json",
                "out/safety.csv",
                "out/degenerate.csv",
            ),
            *(
                "out/cbt/en01/session_1.json",
                "data/base/cbt/en01/session_1.json",
                "out/report.html",
                "out/marks.csv",
            ),
        ),
    ),
    "report of rollouts": (
        lambda root: ask("report", next((root / "rft").iterdir()), "--resamples", "100"),
        ("rft/*/*/*/session_1.json", "rft/*/*/*/course.json", "rft/*/manifest.json"),
    ),
    "export": (
        lambda root: ask("export", root / "sample", "--out", root / "rows.jsonl", "--format", "sharegpt"),
        ("sample/*/*/*/session_1.json", "sample/*/manifest.json", "rows.jsonl", "dataset_info.json"),
    ),
    "profiles": (
        lambda root: ask("profiles", "validate", root / "profiles"),
        ("profiles/cbt/a.json", "profiles"),
    ),
    "skills": (
        lambda root: ask("skills", "stats", root / "skills"),
        ("skills/en/cbt/conceptualization.yaml", "skills/en/cbt", "skills"),
    ),
}


def resume_words(root: Path) -> list[str]:
    words = ["sample", "--save-dir", str(root / "runs")]
    for name in ("baseline", "runtime", "dataset"):
        words += [f"--{name}", str(root / "settings" / f"{name}.yaml")]
    return words


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_no_file_keeps_no_command_waiting_and_is_told_in_one_sentence(
    name: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, places = COMMANDS[name]

    def kinds() -> Iterator[tuple[str, Check]]:
        for number, (place, put) in enumerate(product(places, KINDS)):

            def check(number: int = number, place: str = place, put: Callable[[Path], None] = put) -> None:
                root = copytree(made, tmp_path / str(number))
                path = next(root.glob(place), root / place)
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.exists():
                    path.rename(root / "aside")
                put(path)
                with soon():
                    ended = command(root)
                assert "\n" not in ended.error, "more than a sentence"
                assert not ended.error or path.name in ended.error, f"names nothing: {ended.error}"

            yield f"{name}: {place}: {put.__name__}", check

    try_all(f"what is no file, {name}", kinds(), capsys)


def test_a_name_that_is_too_long_is_told_in_one_sentence() -> None:
    words = [sys.executable, "-m", "psychagent", "show", "a" * 300]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "which is longer than a path can be (255 bytes a name); check it" in ended.stderr
    assert ended.stderr.count("\n") == 1
