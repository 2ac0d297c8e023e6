"""What the system refuses is told with the reason and the remedy that fits, wherever a file is written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from psychagent.assets.own import copy_assets
from psychagent.errors import PsychAgentError
from psychagent.files.append import append
from psychagent.files.change import list_folder, make_file, make_folder
from psychagent.files.lock import hold_lock
from psychagent.files.opened import read_bytes
from psychagent.files.refused import refused, remedy_of
from psychagent.files.shared import shared_file
from psychagent.files.write import write_text
from tests.support.library_words import faults_of


def _lock(path: Path) -> None:
    with hold_lock(path):
        raise AssertionError("it was locked")


def _shared(path: Path) -> None:
    with shared_file(path, create=True):
        raise AssertionError("it was opened")


WRITERS: dict[str, Callable[[Path], object]] = {
    "whole": lambda path: write_text(path, "x"),
    "append": lambda path: append(path, b"x", is_new=True),
    "shared": _shared,
    "file": make_file,
    "folder": lambda path: make_folder(path, option="--out"),
    "lock": _lock,
    "copy": copy_assets,
}
PLACES = {
    "file.txt/x": "move away the file that stands where a folder is to be",
    "file.txt/x/y": "move away the file that stands where a folder is to be",
    "/proc/none/x": "name a place where folders can be made",
    f"{'a' * 300}/x": "shorten its name",
    "circle/x": "mend the links on the way|move away the file",
}


@pytest.mark.parametrize("place", PLACES, ids=[place[:20] for place in PLACES])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_place_that_takes_no_file_is_told_with_its_own_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, writer: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.txt").write_text("mine")
    Path("circle").symlink_to("circle")
    with pytest.raises(PsychAgentError) as caught:
        WRITERS[writer](Path(place))
    told = str(caught.value)
    assert any(remedy in told for remedy in PLACES[place].split("|"))
    assert "free space" not in told
    assert faults_of(told, place[:20]) == []
    assert Path("file.txt").read_text() == "mine"


@pytest.mark.parametrize("read", [read_bytes, list_folder])
def test_what_is_not_there_is_looked_for_under_another_name(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    (tmp_path / "file.txt").write_text("mine")
    for place in ("none", "file.txt/x"):
        with pytest.raises(PsychAgentError, match="check (?:its|the) name"):
            read(tmp_path / place)


def test_a_name_with_a_zero_byte_is_told_in_our_words() -> None:
    with pytest.raises(PsychAgentError) as caught:
        read_bytes(Path("a\0b"))
    assert faults_of(str(caught.value), "a") == []


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_space_is_asked_for_only_where_there_is_none(number: int) -> None:
    error = OSError(number, os.strerror(number))
    told = refused("the file", "written", error)
    assert told.startswith("the file: cannot be written (")
    assert ("free space" in told) == (number in (errno.ENOSPC, errno.EDQUOT))
    assert "permissions" in remedy_of(error) or number not in (errno.EACCES, errno.EPERM)
    assert "Errno" not in told
