"""A Python that was started without docstrings (`-OO`): help pages stay whole, and no traceback is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.library_words import library_words


def psychagent(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-OO", "-m", "psychagent", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sample",), "Generate multi-session courses. Without options: offline"),
        (("skills", "search"), "Search skills as a session would"),
        (("doctor",), "Check settings, texts, keys, servers, skill index and disk"),
    ],
)
def test_a_help_page_says_what_a_command_does(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    assert said in psychagent(tmp_path, *words, "--help").stdout


SAID = "reads docstrings, and Python was started without them"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("doctor",), 1),
        (("sample", "--save-dir", "r", "--max-cases", "1", "--max-sessions", "1"), 2),
        (("skills", "bench"), 2),
    ],
)
def test_what_needs_the_embedded_model_is_refused_in_one_sentence(
    tmp_path: Path, words: tuple[str, ...], status: int
) -> None:
    ended = psychagent(tmp_path, *words)
    told = ended.stdout + ended.stderr
    assert ended.returncode == status, told[-500:]
    assert SAID in " ".join(told.split())
    assert "Traceback" not in told
    assert library_words(ended.stderr) == []
