"""A check of an audit finds lines that were changed, removed, inserted or moved, and says where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.errors import RecordError
from psychagent.files.write import write_json
from psychagent.records.audit.check import Flaw, Verdict, audit_files, check, verify
from psychagent.records.audit.file import AuditLine, parse_line, seal
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import Manifest, RunSettings, write_manifest
from tests.support.audits import finding_of, leave_audit, turn_of

Lines = list[bytes]


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """Eight lines by two writers who take turns, and then a third."""
    path = tmp_path / "made.jsonl"
    one, other = leave_audit(path, [1], writer="w1"), leave_audit(path, [3], writer="w2")
    for turn, audit in ((5, one), (7, one), (9, other), (11, one)):
        audit.add(turn_of(turn), finding_of(), model="")
    leave_audit(path, [13, 15], writer="w3")
    return path.read_bytes().splitlines()


def checked(lines: Lines) -> Verdict:
    return check(b"".join(line + b"\n" for line in lines))


def found(lines: Lines) -> list[tuple[int, Flaw]]:
    return [(one.line, one.flaw) for one in checked(lines).broken]


def resealed(line: bytes, **change: object) -> bytes:
    """Change a line as somebody who knows how its hash is made."""
    return seal(parse_line(line).model_copy(update=change))[1]


def test_a_file_as_it_was_written_is_whole(lines: Lines) -> None:
    verdict = checked(lines)
    assert verdict.is_whole
    assert (verdict.lines, verdict.writers) == (8, 3)
    assert verdict.last == json.loads(lines[-1])["hash"]


def test_an_empty_file_is_whole() -> None:
    assert check(b"") == Verdict(lines=0, writers=0, last="")


@pytest.mark.parametrize("at", range(8))
def test_a_line_that_was_changed_is_found_where_it_stands(lines: Lines, at: int) -> None:
    lines[at] = lines[at].replace(b'"handling":"card"', b'"handling":"none"')
    assert found(lines) == [(at + 1, Flaw.CHANGED)]


@pytest.mark.parametrize("at", range(8))
def test_a_line_whose_hash_was_changed_is_found(lines: Lines, at: int) -> None:
    lines[at] = lines[at][:-4] + b'0x"}'
    assert found(lines)[0] == (at + 1, Flaw.CHANGED)


def test_a_line_that_was_changed_with_its_hash_is_found_by_the_one_below(lines: Lines) -> None:
    lines[2] = resealed(lines[2], level=1)
    assert found(lines) == [(3, Flaw.CHANGED)]


@pytest.mark.parametrize("at", [0, 2, 3, 5, 6])
def test_a_line_that_was_removed_is_missed_where_the_next_one_stands(lines: Lines, at: int) -> None:
    del lines[at]
    assert found(lines) == [(at + 1, Flaw.REMOVED)]


@pytest.mark.parametrize("at", [1, 4])
def test_a_removed_line_of_another_writer_is_told_with_what_else_it_may_be(lines: Lines, at: int) -> None:
    del lines[at]
    (one,) = checked(lines).broken
    assert one.line == at
    assert one.reason.endswith("changed with its hash, or a line of another writer was removed below it")


def test_several_removed_lines_of_one_writer_are_counted(tmp_path: Path) -> None:
    leave_audit(tmp_path / "a", range(6))
    lines = (tmp_path / "a").read_bytes().splitlines()
    (missing,) = checked(lines[:1] + lines[4:]).broken
    assert missing.reason == "does not follow: 3 of its writer's lines are missing"
    (missing,) = checked(lines[2:]).broken
    assert missing.reason == "does not follow: 2 of its writer's lines are missing"


def test_the_whole_chain_of_an_older_writer_is_missed(tmp_path: Path) -> None:
    for writer in ("w1", "w2"):
        leave_audit(tmp_path / "a", [ord(writer[1]), 1 + 2 * ord(writer[1])], writer=writer)
    lines = (tmp_path / "a").read_bytes().splitlines()
    assert found(lines[2:]) == [(1, Flaw.REMOVED)]


@pytest.mark.parametrize("at", range(8))
def test_a_line_that_is_there_twice_is_found(lines: Lines, at: int) -> None:
    for place in (at + 1, 8):
        twice = [*lines[:place], lines[at], *lines[place:]]
        assert found(twice) == [(place + 1, Flaw.INSERTED)]


@pytest.mark.parametrize("at", range(1, 8))
def test_a_line_of_another_file_is_found(lines: Lines, tmp_path: Path, at: int) -> None:
    leave_audit(tmp_path / "b", [1, 3], writer="w9")
    for strange in (tmp_path / "b").read_bytes().splitlines():
        assert found([*lines[:at], strange, *lines[at:]]) == [(at + 1, Flaw.INSERTED)]


@pytest.mark.parametrize("at", range(7))
def test_lines_that_changed_places_are_found(lines: Lines, at: int) -> None:
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    first, *_ = found(lines)
    assert first == (at + 1, Flaw.MOVED)


def test_a_line_that_was_moved_up_is_found(lines: Lines) -> None:
    lines.insert(1, lines.pop(6))
    assert found(lines)[0] == (2, Flaw.MOVED)


def test_another_file_put_below_is_found_where_it_begins(lines: Lines, tmp_path: Path) -> None:
    leave_audit(tmp_path / "b", [1, 3], writer="w9")
    (one,) = checked([*lines, *(tmp_path / "b").read_bytes().splitlines()]).broken
    assert (one.line, one.flaw) == (9, Flaw.MOVED)
    assert one.reason == "began a file and stands below another line"


@pytest.mark.parametrize("garbage", [b"", b"nonsense", b"{}", b'{"v":1}', b"\xff"])
def test_a_line_that_cannot_be_read_is_found(lines: Lines, garbage: bytes) -> None:
    lines[3] = garbage
    assert found(lines) == [(4, Flaw.DAMAGED)]


def test_a_torn_last_line_is_told_and_what_stands_above_is_checked(lines: Lines) -> None:
    data = b"".join(line + b"\n" for line in lines)
    verdict = check(data[:-30])
    assert [(one.line, one.flaw) for one in verdict.broken] == [(8, Flaw.TORN)]
    assert verdict.lines == 7


def test_a_line_taken_from_the_end_shows_only_by_a_hash_that_was_kept(lines: Lines) -> None:
    before, after = checked(lines), checked(lines[:-1])
    assert after.is_whole, "no chain shows this by itself"
    assert before.last != after.last
    assert before.last.encode() not in b"".join(lines[:-1])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_byte_of_any_line_can_be_changed_unseen(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a"
    leave_audit(path, [1, 3])
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    assert not check(bytes(content)).is_whole


def test_lines_of_a_person_who_asked_for_help_and_of_a_course_begun_again_are_in_the_chain(
    tmp_path: Path,
) -> None:
    audit = leave_audit(tmp_path / "a", [1])
    audit.add_help(turn_of(1))
    audit.restart("cbt/en01")
    assert verify(tmp_path / "a").is_whole
    lines = (tmp_path / "a").read_bytes().splitlines()
    assert [AuditLine.model_validate_json(line).event for line in lines] == ["finding", "help", "restart"]
    assert found([lines[0], lines[2]]) == [(2, Flaw.REMOVED)]


def test_the_audits_of_a_path_are_found(tmp_path: Path) -> None:
    for name in ("runs/a", "runs/b"):
        write_json(tmp_path / name / "manifest.json", {})
    leave_audit(tmp_path / "runs/b/safety.jsonl")
    (tmp_path / "runs" / "export.jsonl").write_text("{}\n")
    leave_audit(tmp_path / "data/2026-11.jsonl")
    leave_audit(tmp_path / "data/2026-10.jsonl")
    assert audit_files(tmp_path / "runs" / "b") == [tmp_path / "runs/b/safety.jsonl"]
    assert audit_files(tmp_path / "runs") == [tmp_path / "runs/b/safety.jsonl"]
    assert audit_files(tmp_path / "runs" / "a") == []
    assert [file.name for file in audit_files(tmp_path / "data")] == ["2026-10.jsonl", "2026-11.jsonl"]
    assert audit_files(tmp_path / "any.jsonl") == [tmp_path / "any.jsonl"]
    with pytest.raises(RecordError, match=r"holds no audit and no run; name a run's folder"):
        audit_files(tmp_path)


def test_lines_taken_from_the_end_are_missed_where_the_run_knows_its_last(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    made = RunSettings(baseline=BaselineSettings(), runtime=RuntimeSettings(), dataset=DatasetSettings())
    audit = leave_audit(run.safety, [1, 3, 5])
    write_manifest(run.manifest_path, Manifest(settings=made, audit_last=audit.last))
    assert verify(run.safety).is_whole
    lines = run.safety.read_bytes().splitlines(keepends=True)
    for left in (2, 1, 0):
        run.safety.write_bytes(b"".join(lines[:left]))
        (broken,) = verify(run.safety).broken
        assert (broken.flaw, broken.line) == (Flaw.REMOVED, left + 1)
    run.safety.unlink()
    assert audit_files(tmp_path) == [run.safety]
    with pytest.raises(RecordError, match=r"safety\.jsonl: no such file"):
        verify(run.safety)
