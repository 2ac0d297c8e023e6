"""A journal cut short, damaged, foreign, or on a full disk: refused by name, or mended to whole lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import RecordError
from psychagent.llm.journal import Key
from psychagent.runs.journals.file import FileJournals
from tests.support.journaled import (
    COURSE,
    answer,
    change_head,
    found_in,
    journal_lines,
    key_of,
    leave_journal,
    open_journal,
)
from tests.support.small_disk import small_disk_at

# torn


LAST = "Ein „halbes“ Wort — 半个字 🙂"


def test_a_last_line_that_lacks_nothing_but_its_end_is_kept(tmp_path: Path) -> None:
    path = leave_journal(tmp_path, key_of(), key_of(part="3"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    again = open_journal(tmp_path)
    assert path.read_bytes() == whole
    assert [found_in(again, key_of(part=part)) for part in "23"] == ["answer 0", "answer 1"]


def test_a_last_line_cut_at_any_byte_is_dropped_and_the_others_stay(tmp_path: Path) -> None:
    journals = open_journal(tmp_path)
    for part in ("1", "2"):
        journals.add(key_of(part=part), answer(f"words {part}"))
    path = journals.path(COURSE)
    before = path.read_bytes()
    journals.add(key_of(part="3"), answer(LAST))
    whole = path.read_bytes()
    for size in range(len(before), len(whole) - 1):
        path.write_bytes(whole[:size])
        again = open_journal(tmp_path)
        assert path.read_bytes() == before, size
        assert found_in(again, key_of(part="3")) is None
        assert again.unsettled(COURSE).total().calls == 2
        again.add(key_of(part="3"), answer(LAST))
        assert path.read_bytes() == whole, "asked again, the file is as it would have been"
        assert [found_in(open_journal(tmp_path), key_of(part=part)) for part in "123"] == [
            "words 1",
            "words 2",
            LAST,
        ]


def test_a_first_write_cut_at_any_byte_leaves_a_journal_that_goes_on(tmp_path: Path) -> None:
    path = leave_journal(tmp_path, key_of())
    whole = path.read_bytes()
    for size in range(len(whole) - 1):
        path.write_bytes(whole[:size])
        journals = open_journal(tmp_path)
        assert journals.find(key_of()) is None
        journals.add(key_of(), answer("answer 0"))
        assert path.read_bytes() == whole, size


# refused


def refusal(folder: Path) -> str:
    with pytest.raises(RecordError) as caught:
        open_journal(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"hello",
        b'{"calls_of": 3}',
        b'{"models": {"a": 1}}',
        b"\xff\xfe",
        b"\0" * 9,
    ],
)
def test_a_file_that_is_no_journal_is_refused_by_name_and_left_alone(tmp_path: Path, first: bytes) -> None:
    path = leave_journal(tmp_path, key_of())
    _, *rest = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([first, *rest]))
    before = path.read_bytes()
    assert refusal(tmp_path) == (
        f"{path}: its first line is not that of a journal of calls; move the file away to ask anew"
    )
    assert path.read_bytes() == before


def test_a_file_of_foreign_text_without_a_line_end_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / f"{COURSE}.jsonl"
    path.parent.mkdir()
    for text in ('{"schema_version":1,"calls_of":"cbt/en01"}', "notes of mine", '{"calls_of_other":'):
        path.write_text(text)
        assert "its first line is not that of a journal" in refusal(tmp_path)
        assert path.read_text() == text


def test_a_journal_of_a_later_version_is_refused_with_both_versions(tmp_path: Path) -> None:
    path = leave_journal(tmp_path, key_of())
    change_head(path, schema_version=7)
    told = refusal(tmp_path)
    assert told.startswith(f"{path}: schema_version is 7, and this version reads 1; go on with the version")


def test_a_journal_in_the_place_of_another_courses_is_refused(tmp_path: Path) -> None:
    path = leave_journal(tmp_path, key_of())
    change_head(path, calls_of="cbt/en02")
    assert refusal(tmp_path) == f"{path}: is the journal of 'cbt/en02'; move it to its place"


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda line: line[:-9],
    "no JSON": lambda line: b"hello",
    "empty": lambda line: b"",
    "an unknown field": lambda line: line[:-1] + b',"mood":1}',
    "half a character": lambda line: line.replace(b"answer", b"answer\xe5\x8d"),
    "no answer": lambda line: b'{"session":1,"role":"client"}',
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_line_in_the_middle_is_named_with_its_number(tmp_path: Path, damage: str) -> None:
    path = leave_journal(tmp_path, key_of(part="1"), key_of(part="2"), key_of(part="3"))
    lines = path.read_bytes().split(b"\n")
    lines[2] = DAMAGE[damage](lines[2])
    path.write_bytes(b"\n".join(lines))
    assert refusal(tmp_path) == (
        f"{path}, line 3: is not a call's answer; remove the line to ask that call anew"
    )
    del lines[2]
    path.write_bytes(b"\n".join(lines))
    journals = open_journal(tmp_path)
    assert [found_in(journals, key_of(part=part)) for part in "123"] == ["answer 0", None, "answer 2"], (
        "the remedy works"
    )


# a full disk


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few pages."""
    with small_disk_at(tmp_path / "disk", "32k") as place:
        yield place


def problem_of(journals: FileJournals, key: Key) -> str:
    """Add a long answer; return why that is not possible."""
    try:
        journals.add(key, answer("半" * 900))
    except RecordError as error:
        return str(error)
    return ""


def test_a_disk_that_fills_up_in_the_middle_of_a_line_leaves_whole_lines_only(
    tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial: list[int] = []
    write = os.write

    def count(place: int, data: Any) -> int:
        done = write(place, data)
        partial.extend([done] if done < len(data) else [])
        return done

    monkeypatch.setattr(os, "write", count)
    journals, stored = open_journal(tiny_disk), 0
    path = journals.path(COURSE)
    told = ""
    while not told:
        told = problem_of(journals, key_of(part=str(stored)))
        stored += not told
    assert told == f"{path}: cannot be written (No space left on device); free space and run again"
    assert partial, "the system did write half of a line"
    assert len(journal_lines(path)) == 1 + stored
    assert journals.unsettled(COURSE).total().calls == 1 + stored, (
        "the answer that could not be kept was paid for"
    )

    journals.add(key_of(part="short"), answer("fits"))
    again = open_journal(tiny_disk)
    assert all(found_in(again, key_of(part=str(n))) for n in range(stored))
    assert found_in(again, key_of(part=str(stored))) is None
    assert found_in(again, key_of(part="short")) == "fits"


def test_a_line_that_the_system_takes_in_pieces_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda place, data: write(place, bytes(data)[:7]))
    path = leave_journal(tmp_path, *(key_of(part=str(n)) for n in range(3)))
    assert [line.get("part") for line in journal_lines(path)] == [None, "0", "1", "2"]
