"""A file that several processes append to: one at a time, its owner's alone, whole lines on the disk."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.files.shared import append_for_good, read_from, read_shared, shared_file


def test_a_new_file_and_what_is_appended_belong_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    with shared_file(path, create=True) as place:
        append_for_good(path, place, b"one\n")
        append_for_good(path, place, b"two\n")
        assert read_from(place, 4) == b"two\n"
    assert read_shared(path) == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="was removed while it was written to"):
        with shared_file(tmp_path / "file", create=False):
            raise AssertionError("it was opened")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RecordError, match="no such file; check the name"):
        read_shared(tmp_path / "file")


def test_a_folder_in_place_of_the_file_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"cannot be written \(Is a directory\); move away the folder"):
        with shared_file(tmp_path, create=True):
            raise AssertionError("it was opened")
    with pytest.raises(RecordError, match=r"cannot be read \(Is a directory\); move away the folder that"):
        read_shared(tmp_path)


def test_what_does_not_reach_the_disk_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    with shared_file(path, create=True) as place:
        append_for_good(path, place, b"one\n")

    def fails(place: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(RecordError, match=r"cannot be written \(Input/output error\)"):
        with shared_file(path, create=False) as place:
            append_for_good(path, place, b"two\n")
    assert path.read_bytes() == b"one\n"


def test_every_line_and_the_name_of_a_new_file_are_forced_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda place: forced.append(os.fstat(place).st_ino))
    path = tmp_path / "file"
    with shared_file(path, create=True) as place:
        append_for_good(path, place, b"one\n")
        append_for_good(path, place, b"two\n")
    assert forced == [file.stat().st_ino for file in (path, tmp_path, path)]
