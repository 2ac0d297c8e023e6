"""The audit of the safety gate: a line a turn, once, whole, whoever writes it and however often."""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from psychagent.domain.risk.audit import Audit
from psychagent.domain.risk.finding import Classifier, Handling
from psychagent.errors import RecordError
from psychagent.records.audit.check import verify
from psychagent.records.audit.file import FileAudit, read_audit
from tests.support.audits import (
    audit_lines,
    finding_of,
    leave_audit,
    record,
    ticking,
    turn_of,
    turns_in,
    writing,
)
from tests.support.small_disk import small_disk_at

FIELDS = (
    "v time event subject session rollout attempt turn level about hard soft patterns model classifier "
    "carried handling rules_hash model_name writer n prev hash"
).split()


def test_a_finding_is_a_line_with_all_that_was_found_and_where(tmp_path: Path) -> None:
    audit: Audit = FileAudit(tmp_path / "safety.jsonl", clock=ticking(), writer="w1")
    found = finding_of(3, soft=1, model=3, classifier=Classifier.OK, handling=Handling.TAKEOVER)
    audit.add(turn_of(5, session=2, rollout=1), found, model="small-judge")
    (line,) = audit_lines(tmp_path / "safety.jsonl")
    assert list(line) == FIELDS
    assert line == line | {
        "v": 1,
        "time": "2026-11-26T12:00:01Z",
        "event": "finding",
        "subject": "cbt/en01",
        "session": 2,
        "rollout": 1,
        "attempt": 0,
        "turn": 5,
        "level": 3,
        "about": "self",
        "hard": 3,
        "soft": 1,
        "patterns": ["self"],
        "model": 3,
        "classifier": "ok",
        "carried": False,
        "handling": "takeover",
        "rules_hash": "r",
        "model_name": "small-judge",
        "writer": "w1",
        "n": 1,
        "prev": "",
    }


def test_a_clock_of_another_zone_is_written_in_utc(tmp_path: Path) -> None:
    noon = datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=8)))
    FileAudit(tmp_path / "a", clock=lambda: noon).add(turn_of(), finding_of(), model="")
    assert audit_lines(tmp_path / "a")[0]["time"] == "2026-12-31T17:00:00Z"


def test_nothing_is_made_before_there_is_a_line_to_write(tmp_path: Path) -> None:
    audit = FileAudit(tmp_path / "safety.jsonl")
    audit.open()
    assert audit.known(turn_of()) == 0
    audit.restart("cbt/en01")
    assert list(tmp_path.iterdir()) == []


def test_each_line_holds_the_hash_of_the_one_above_across_writers(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1, 3], writer="w1")
    leave_audit(path, [5, 7], writer="w2")
    lines = audit_lines(path)
    assert [line["prev"] for line in lines] == ["", *(line["hash"] for line in lines[:-1])]
    assert [(line["writer"], line["n"]) for line in lines] == [("w1", 1), ("w1", 2), ("w2", 1), ("w2", 2)]


def test_a_turn_is_on_record_once_however_often_it_is_played(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    first = leave_audit(path, [1, 3])
    first.add(turn_of(1), finding_of(3), model="")
    again = leave_audit(path, [1, 3, 5], writer="w2")
    assert [line["turn"] for line in audit_lines(path)] == [1, 3, 5]
    assert again.known(turn_of(1)) == 2
    first.add(turn_of(5), finding_of(3), model="")
    assert first.known(turn_of(5)) == 2, "what another writer recorded meanwhile"
    assert len(audit_lines(path)) == 3


def test_sessions_rollouts_and_subjects_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1])
    for over in ({"session": 2}, {"rollout": 1}, {"subject": "cbt/en02"}):
        leave_audit(path, [1], **over)
    assert len(audit_lines(path)) == 4


def test_help_is_recorded_whenever_it_is_asked_for(tmp_path: Path) -> None:
    audit = leave_audit(tmp_path / "a", [1])
    audit.add_help(turn_of(1))
    audit.add_help(turn_of(1))
    assert [(line["event"], line["handling"]) for line in audit_lines(tmp_path / "a")] == [
        ("finding", "card"),
        ("help", "card"),
        ("help", "card"),
    ]
    assert audit.known(turn_of(1)) == 2


def test_a_course_that_is_held_anew_has_its_turns_recorded_again(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1], subject="cbt/en02")
    audit = leave_audit(path, [1, 3], writer="w2")
    audit.restart("cbt/en01")
    for one in (audit, FileAudit(path)):
        assert one.known(turn_of(1)) == 0, "what was found in the course before is none of this one"
        assert one.known(turn_of(1, subject="cbt/en02")) == 2
    leave_audit(path, [1], writer="w3")
    assert [line["event"] for line in audit_lines(path)][-2:] == ["restart", "finding"]
    assert verify(path).is_whole


@pytest.mark.parametrize("kept", [1, 40, 300, -2])
def test_a_last_line_torn_by_a_kill_is_cut_and_written_again(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1, 3])
    *whole, last, _ = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*whole, last[:kept]]))
    audit = leave_audit(path, [3], writer="w2")
    assert [line["turn"] for line in audit_lines(path)] == [1, 3]
    assert audit.known(turn_of(3)) == 2
    assert verify(path).is_whole


def test_zeros_that_a_power_cut_left_are_cut_too(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1])
    path.write_bytes(path.read_bytes() + b"\0" * 512)
    leave_audit(path, [3], writer="w2")
    assert [line["turn"] for line in audit_lines(path)] == [1, 3]


def test_a_whole_last_line_that_lacks_its_line_feed_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1, 3])
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    audit = FileAudit(path)
    audit.open()
    assert [line["turn"] for line in audit_lines(path)] == [1, 3]
    assert audit.known(turn_of(3)) == 2


def test_a_line_torn_by_another_process_is_cut_while_this_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    audit = leave_audit(path, [1])
    with path.open("ab") as stream:
        stream.write(b'{"v":1,"time":"2026-')
    audit.add(turn_of(3), finding_of(), model="")
    assert [line["turn"] for line in audit_lines(path)] == [1, 3]


def damaged(path: Path, change: str) -> None:
    """Damage the second of three lines, or what stands below them."""
    lines = path.read_bytes().split(b"\n")
    if change == "level":
        lines[1] = lines[1].replace(b'"level":2', b'"level":1')
    elif change == "space":
        lines[1] = lines[1].replace(b'"level":2', b'"level": 2')
    elif change == "half":
        lines[1] = lines[1][:50]
    elif change == "empty":
        lines[1] = b""
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize("change", ["level", "space", "half", "empty"])
def test_a_damaged_line_above_the_last_is_refused_with_its_number(tmp_path: Path, change: str) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path)
    damaged(path, change)
    before = path.read_bytes()
    for act in (FileAudit(path).open, lambda: read_audit(path), lambda: leave_audit(path)):
        with pytest.raises(RecordError) as caught:
            act()
        assert str(caught.value).startswith(f"{path}, line 2: ")
        assert "move the file away to keep it as it is, and run again" in str(caught.value)
        assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_the_last_line_is_not_cut_because_somebody_changed_it(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1])
    changed = path.read_bytes().replace(b'"level":2', b'"level":1')
    for ending in (b"\n", b""):
        path.write_bytes(changed.removesuffix(b"\n") + ending)
        with pytest.raises(RecordError, match="line 1: does not have the hash that it states"):
            FileAudit(path).open()
        assert path.read_bytes() == changed.removesuffix(b"\n") + ending


@pytest.mark.parametrize("text", ["a diary without a line feed", "[]", '{"other": 1}\n'])
def test_a_file_that_is_none_of_ours_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "safety.jsonl"
    path.write_text(text)
    with pytest.raises(RecordError, match="move"):
        leave_audit(path)
    assert path.read_text() == text


def test_a_line_of_a_later_version_asks_for_an_update(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, [1])
    path.write_text(json.dumps(audit_lines(path)[0] | {"v": 2, "more": 1}) + "\n")
    with pytest.raises(RecordError, match="line 1: is of version 2, and this program reads up to 1; update"):
        FileAudit(path).open()


def test_a_file_removed_while_it_is_written_to_is_not_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    audit = leave_audit(path, [1])
    path.unlink()
    with pytest.raises(RecordError, match=r"safety\.jsonl: was removed while it was written to"):
        audit.add(turn_of(3), finding_of(), model="")
    assert not path.exists()


def test_a_file_replaced_or_cut_while_it_is_written_to_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    audit = leave_audit(path, [1, 3])
    os.truncate(path, path.stat().st_size - 10)
    with pytest.raises(RecordError, match="was replaced or cut while it was written to"):
        audit.add(turn_of(5), finding_of(), model="")
    (tmp_path / "other").write_bytes(path.read_bytes())
    (tmp_path / "other").replace(path)
    with pytest.raises(RecordError, match="was replaced or cut while it was written to"):
        audit.add(turn_of(5), finding_of(), model="")


def test_threads_that_record_the_same_turns_leave_one_line_each(tmp_path: Path) -> None:
    audit = FileAudit(tmp_path / "a")
    begin = threading.Barrier(8)

    def work() -> None:
        begin.wait()
        record(audit, range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert turns_in(tmp_path / "a") == [(1, 0, turn) for turn in range(20)]
    assert verify(tmp_path / "a").is_whole


def test_processes_that_record_the_same_turns_leave_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    with writing(path, range(120)) as one, writing(path, range(60, 180)) as other:
        one.join(60)
        other.join(60)
        assert one.exitcode == other.exitcode == 0
    assert turns_in(path) == [(1, 0, turn) for turn in range(180)]
    verdict = verify(path)
    assert verdict.is_whole
    assert verdict.writers == 2


def test_a_writer_killed_again_and_again_leaves_whole_lines_and_each_turn_once(tmp_path: Path) -> None:
    rng, path, most = random.Random(3), tmp_path / "safety.jsonl", 100_000
    for _ in range(4):
        before = path.stat().st_size if path.exists() else 0
        with writing(path, range(most)) as process:
            end = time.monotonic() + 30
            while not (path.exists() and path.stat().st_size > before) and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(rng.random() * 0.05)
            process.kill()
            process.join(10)
            assert process.exitcode == -9
        audit = FileAudit(path)
        audit.open()
        done = len(audit_lines(path))
        assert turns_in(path) == [(1, 0, turn) for turn in range(done)]
        assert verify(path).is_whole


def test_a_full_disk_leaves_whole_lines_and_the_turn_is_recorded_later(tmp_path: Path) -> None:
    with small_disk_at(tmp_path / "disk", "32k") as place:
        path = place / "safety.jsonl"
        audit = FileAudit(path)
        with pytest.raises(RecordError, match=r"cannot be written \(No space left on device\); free space"):
            record(audit, range(1000))
        written = len(audit_lines(path))
        assert turns_in(path) == [(1, 0, turn) for turn in range(written)]
        assert audit.known(turn_of(written)) == 0
        subprocess.run(["mount", "-o", "remount,size=1m", str(place)], check=True)
        record(audit, [written])
        assert turns_in(path) == [(1, 0, turn) for turn in range(written + 1)]
        assert verify(path).is_whole
