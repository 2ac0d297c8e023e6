"""Output that nobody can read, or that no encoding can take, ends no command."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from psychagent.cli.shown.output import Output, harden
from tests.support.experiments import TWO, content, write_experiment
from tests.support.loopback.server import serve
from tests.support.running import case_dirs, run_plan, write_yaml

FULL = Path("/dev/full")


def command(argv: list[str], *, out: int, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    """Run the command line with its output at a descriptor."""
    return subprocess.run(
        [sys.executable, "-m", "psychagent", *argv],
        stdout=out,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "latin-1", "cp1252"])
def test_what_an_encoding_lacks_is_a_question_mark(tmp_path: Path, encoding: str) -> None:
    with (tmp_path / "out.txt").open("wb") as out:
        stream = harden(io.TextIOWrapper(out, encoding=encoding, write_through=True))
        print("✓ 你好 \ud83d", file=stream)
        assert stream
        stream.flush()
        assert isinstance(stream, Output)
        assert not stream.lost
    shown = (tmp_path / "out.txt").read_bytes().decode(encoding)
    assert shown == ("? 你好 ?\n" if encoding == "gbk" else "? ?? ?\n")


def test_a_stream_that_is_none_of_a_process_is_left_as_it_is() -> None:
    text = io.StringIO()
    assert harden(text) is text
    assert harden(None) is None


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_run_ends_well_whose_output_is_lost(tmp_path: Path, encoding: str) -> None:
    with serve() as server, FULL.open("wb") as full:
        argv = write_yaml(tmp_path, run_plan(tmp_path / "r", server.base_url, cases=2, max_sessions=1))
        ended = command(argv, out=full.fileno(), encoding=encoding)
    assert ended.stderr == b"note: the output could not be written (No space left on device)\n"
    assert ended.returncode == 0
    assert all((place / "session_1.json").exists() for place in case_dirs(tmp_path / "r"))


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize(("word", "status"), [("run", 0), ("status", 1)])
def test_of_an_experiment_only_what_is_asked_for_as_words_may_not_be_lost(
    tmp_path: Path, word: str, status: int
) -> None:
    file = write_experiment(tmp_path, content({"psychagent": TWO["psychagent"]}))
    with FULL.open("wb") as full:
        ended = command(["experiment", word, str(file), "--save-dir", str(tmp_path)], out=full.fileno())
    assert (ended.returncode, ended.stderr.count(b"\n")) == (status, 1)


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("argv", [["--help"], ["skills", "stats"]])
def test_a_command_that_only_prints_fails_where_its_output_is_lost(argv: list[str]) -> None:
    with FULL.open("wb") as full:
        ended = command(argv, out=full.fileno())
    assert (ended.returncode, ended.stderr.count(b"\n")) == (1, 1)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        ended = command(["skills", "stats"], out=writes)
    finally:
        os.close(writes)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_the_sentence_of_an_error_can_be_said_in_any_encoding(encoding: str) -> None:
    ended = command(["show", "/none/名\udcff✓"], out=subprocess.DEVNULL, encoding=encoding)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"error: /none/")
    assert b"Traceback" not in ended.stderr
