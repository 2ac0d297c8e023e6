"""A full disk: file and remedy are named, nothing written before is harmed, and the run goes on later."""

from __future__ import annotations

import errno
import io
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import RecordError
from psychagent.files import append
from psychagent.files.read import read_json
from psychagent.files.write import write_json
from psychagent.runs.events import CaseEnded
from psychagent.runs.outcome import Outcome, Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.journaled import journal_lines, journals_in, kept_calls
from tests.support.loopback.server import serve
from tests.support.rolling import rollout_plan, seeded
from tests.support.running import (
    NAME,
    calls_of,
    case_dirs,
    course_file,
    hearing,
    keys,
    manifest,
    repeats,
    run_plan,
)
from tests.support.small_disk import small_disk_at

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullStream(io.BytesIO):
    """A file on a disk that fills up when the buffer is written."""

    def flush(self) -> None:
        raise FULL

    def close(self) -> None:
        super().close()
        raise FULL


def fill_disk(patch: pytest.MonkeyPatch, where: str) -> None:
    """Let the disk be full when a file is opened, when it is written, or when it takes its name."""

    def full(self: Path, *args: Any, **options: Any) -> None:
        raise FULL

    def open_part(self: Path, *args: Any, **options: Any) -> FullStream:
        self.touch()
        return FullStream()

    name, stand_in = {
        "open": ("open", full),
        "write": ("open", open_part),
        "rename": ("replace", full),
    }[where]
    patch.setattr(Path, name, stand_in)


@pytest.mark.parametrize("where", ["open", "write", "rename"])
def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    path = tmp_path / "course.json"
    write_json(path, {"kept": True})

    with monkeypatch.context() as patch:
        fill_disk(patch, where)
        with pytest.raises(RecordError) as caught:
            write_json(path, {"kept": False})
    assert (
        str(caught.value) == f"{path}: cannot be written (No space left on device); free space and run again"
    )
    assert read_json(path) == {"kept": True}
    assert [p.name for p in tmp_path.iterdir()] == ["course.json"]


async def test_a_session_that_cannot_be_written_fails_its_case_alone_and_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def full_for_one(self: Path, target: Path) -> Path:
        if target.name == "session_1.json" and "en01" in str(target):
            raise FULL
        return replace(self, target)

    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, cases=2)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", full_for_one)
            result = await run_sample(plan)
        assert result.count() == {Status.FAILED: 1, Status.ENDED_BY_LIMIT: 1}
        told = course_file(tmp_path, 0)["failure"]["message"]
        assert told.startswith(str(case_dirs(tmp_path)[0] / "session_1.json"))
        assert "free space and run again" in told
        assert (await run_sample(plan)).exit_status() == 0
        assert not repeats(server.calls), "the session comes from the checkpoint"
    assert (case_dirs(tmp_path)[0] / "session_1.json").exists()


async def test_where_not_even_the_course_file_can_be_written_the_outcome_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def full_for_courses(self: Path, target: Path) -> Path:
        if target.name == "course.json":
            raise FULL
        return replace(self, target)

    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, cases=2, max_sessions=1)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", full_for_courses)
            result = await run_sample(plan)
        assert result.exit_status() == 1
        assert result.count() == {Status.FAILED: 2}
        assert all(
            o.failure and "course.json: cannot be written" in o.failure.message for o in result.outcomes
        )
        made = len(server.calls)
        assert (await run_sample(plan)).exit_status() == 0
        assert len(server.calls) == made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte and a half."""
    with small_disk_at(tmp_path / "disk", "1500k") as place:
        yield place


def message_of(outcome: Outcome) -> str:
    return outcome.failure.message if outcome.failure else ""


async def test_a_disk_that_fills_up_stops_the_run_with_the_remedy_and_the_same_command_goes_on(
    small_disk: Path,
) -> None:
    told: list[str] = []
    with serve() as server:
        plan = run_plan(small_disk, server.base_url, cases=2, max_sessions=3, max_counselor_turns=8)
        plan = hearing(plan, CaseEnded, lambda event: told.append(message_of(event.outcome)))
        with pytest.raises(RecordError, match="free space and run again") as caught:
            await run_sample(plan)
        assert str(small_disk / NAME) in str(caught.value)
        assert len(told) == 2
        for message in told:
            assert str(small_disk / NAME) in message
            assert "free space" in message
        made = len(server.calls)
        assert made > 20
        for path in journals_in(small_disk / NAME):
            assert journal_lines(path), "lines are whole, also where the disk was full in the middle of one"
        lost = len(set(keys(server.calls))) - kept_calls(small_disk / NAME)

        subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
        result = await run_sample(plan)
        assert result.exit_status() == 0
        # what was in flight when the disk was full, one call a case or two in reflection
        assert sum(repeats(server.calls).values()) <= lost <= 4
        assert not journals_in(small_disk / NAME)
        unique = len(server.calls) - sum(repeats(server.calls).values())
    assert sum(calls_of(manifest(small_disk)["totals"]).values()) == unique
    assert not list(small_disk.rglob("*.part"))


async def test_a_full_disk_is_no_property_of_a_rollout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that cannot be written fails the case; a rollout less would change which one is chosen."""
    written, write = [0], append.write_all

    def full_once(place: int, data: bytes) -> None:
        written[0] += 1
        if written[0] == 9:
            raise FULL
        write(place, data)

    with serve(seeded) as server:
        plan = rollout_plan(tmp_path, server.base_url)
        with monkeypatch.context() as patch:
            patch.setattr(append, "write_all", full_once)
            result = await run_sample(plan)
        assert result.count() == {Status.FAILED: 1}
        assert "cannot be written (No space left on device)" in message_of(result.outcomes[0])
        assert (await run_sample(plan)).exit_status() == 0
        # the call whose answer could not be kept, and what was in flight in the other rollouts
        assert sum(repeats(server.calls).values()) <= 1 + plan_rollouts(plan)


def plan_rollouts(plan: SamplePlan) -> int:
    assert plan.rft
    return plan.rft.rollout_n
