"""Shells that close a stream, remove the working directory or say odd things of the screen."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from psychagent.assets.locate import shipped_dir

COMMAND = f"{shlex.quote(sys.executable)} -m psychagent"


def shell(line: str, folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of a shell in a folder."""
    return subprocess.run(
        ["sh", "-c", line.replace("psychagent", COMMAND, 1)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(shipped_dir("configs").parent), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_bytes_of_another_encoding_end_no_chat(tmp_path: Path) -> None:
    line = "printf 'caf\\351\\n/quit\\n' | psychagent chat"
    ended = shell(line, tmp_path, PYTHONIOENCODING="utf-8")
    assert (ended.returncode, b"Traceback" in ended.stderr) == (0, False)
    assert b"caf" in ended.stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_chat_whose_streams_are_closed_ends_well(closed: str, tmp_path: Path) -> None:
    ended = shell(f"psychagent chat {closed}", tmp_path)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert (tmp_path / "chats" / "chat" / "chat.json").exists()
    assert bool(ended.stdout) is (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize("words", ["sample --dry-run", "runs", "chat", "init own", "skills stats"])
def test_a_working_directory_that_is_gone_is_told(words: str, tmp_path: Path) -> None:
    line = f"mkdir gone; cd gone; rmdir ../gone; psychagent {words}"
    ended = shell(line, tmp_path)
    told = (
        "error: the working directory cannot be used (No such file or directory); change into another folder"
    )
    assert (ended.returncode, ended.stderr.decode()) == (2, f"{told}\n")


@pytest.mark.parametrize("columns", ["0", "1", "-5", "abc", "", "100000"])
def test_whatever_the_shell_says_of_the_screen_the_numbers_are_shown(columns: str, tmp_path: Path) -> None:
    ended = shell("psychagent skills stats", tmp_path, COLUMNS=columns, TERM="dumb")
    assert (ended.returncode, ended.stderr) == (0, b"")
    shown = ended.stdout.decode()
    assert "588" in shown
    assert max(map(len, shown.splitlines())) <= 10_000


@pytest.mark.parametrize("words", ["runs --json", "runs", "show", "skills use", "safety audit verify"])
def test_a_folder_whose_name_is_not_utf_8_is_read(words: str, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(folder)
    ended = shell(f"psychagent {words} {os.fsdecode(folder)}", tmp_path)
    assert b"Traceback" not in ended.stderr
    assert ended.returncode in (0, 2)
