"""One process at a time in a run's folder."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from psychagent.errors import LockError, RecordError
from psychagent.files.lock import hold_lock
from tests.support.children import finish, psychagent, wait_for
from tests.support.loopback.server import serve
from tests.support.running import run_plan, write_yaml


def test_a_folder_in_use_is_refused_at_once_and_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "run" / ".lock"
    with hold_lock(path):
        began = time.monotonic()
        with pytest.raises(LockError, match="another process is working in this folder") as caught:
            with hold_lock(path):
                raise AssertionError("both hold it")
        assert time.monotonic() - began < 1
        assert str(tmp_path / "run") in str(caught.value)
    with hold_lock(path):
        pass


def test_a_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        with hold_lock(tmp_path / ".lock"):
            raise LookupError("mine")
    with hold_lock(tmp_path / ".lock"):
        pass


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordError, match="name another --save-dir") as caught:
        with hold_lock(tmp_path / "file" / "run" / ".lock"):
            raise AssertionError("made")
    assert str(tmp_path / "file") in str(caught.value)


@pytest.mark.slow
def test_a_second_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    with serve(delay_sec=0.2) as server:
        plan = run_plan(tmp_path / "runs", server.base_url, max_sessions=1, max_counselor_turns=1)
        argv = write_yaml(tmp_path, plan)
        with psychagent(argv, tmp_path / "first") as first:
            assert wait_for(lambda: bool(server.calls), first)
            with psychagent(argv, tmp_path / "second") as second:
                assert finish(second) == 2
            told = (tmp_path / "second").read_text()
            assert f"error: {tmp_path / 'runs' / 'loopback'}: another process is working" in told
            assert "--save-dir" in told
            assert first.is_alive()
            first.kill()
            finish(first)
        with psychagent(argv, tmp_path / "third") as third:
            assert finish(third) == 0
