"""Journals as files: each answer is found once by its whole key, and no damage is taken for an answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from psychagent.domain.call import Place
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import RecordError
from psychagent.llm.journal import Kept, Key
from psychagent.runs.journals.file import FileJournals
from tests.support.journaled import (
    COST,
    COURSE,
    answer,
    found_in,
    journal_lines,
    key_of,
    leave_journal,
    open_journal,
)


def test_an_answer_of_an_interrupted_run_is_found_once(tmp_path: Path) -> None:
    leave_journal(tmp_path, key_of())
    journals = open_journal(tmp_path)
    assert journals.find(key_of()) == answer("answer 0")
    assert journals.find(key_of()) is None
    assert journals.taken == 1


def test_an_answer_of_this_run_is_not_found_again(tmp_path: Path) -> None:
    journals = open_journal(tmp_path)
    journals.add(key_of(), answer("mine"))
    assert journals.find(key_of()) is None


OTHER_KEYS = {
    "session": key_of(session=2),
    "rollout": key_of(rollout=1),
    "attempt": key_of(attempt=1),
    "role": key_of(role="counselor"),
    "part": key_of(part="3"),
    "number": key_of(number=1),
    "digest": key_of(digest="e"),
}


@pytest.mark.parametrize("other", OTHER_KEYS.values(), ids=OTHER_KEYS)
def test_a_key_that_differs_in_one_part_finds_nothing(tmp_path: Path, other: Key) -> None:
    leave_journal(tmp_path, key_of())
    journals = open_journal(tmp_path)
    assert journals.find(other) is None
    assert found_in(journals, key_of()) == "answer 0", "and leaves what is there"


def test_the_journal_of_another_course_answers_nothing(tmp_path: Path) -> None:
    leave_journal(tmp_path, key_of())
    journals = open_journal(tmp_path, "cbt/en02")
    assert journals.find(key_of("cbt/en02")) is None


def test_equal_prompts_of_two_rollouts_never_share_an_answer(tmp_path: Path) -> None:
    keys = [key_of(rollout=rollout, attempt=attempt) for rollout in range(3) for attempt in range(2)]
    leave_journal(tmp_path, *keys)
    journals = open_journal(tmp_path)
    assert [found_in(journals, key) for key in reversed(keys)] == [f"answer {n}" for n in (5, 4, 3, 2, 1, 0)]


def test_sessions_that_are_closed_are_neither_found_nor_counted(tmp_path: Path) -> None:
    leave_journal(tmp_path, key_of(session=1), key_of(session=2), key_of(session=3))
    journals = open_journal(tmp_path, after=2)
    assert [found_in(journals, key_of(session=k)) for k in (1, 2, 3)] == [None, None, "answer 2"]
    assert journals.unsettled(COURSE) == Usage(roles={"client": COST})


def test_what_no_model_was_asked_for_is_found_and_is_no_reply(tmp_path: Path) -> None:
    search = key_of(role="search")
    open_journal(tmp_path).add(search, Kept({"skills": ["a"]}))
    journals = open_journal(tmp_path)
    assert journals.find(search) == Kept({"skills": ["a"]})
    assert journals.taken == 0
    assert journals.unsettled(COURSE) == Usage()


def test_answers_made_with_something_else_are_dropped(tmp_path: Path) -> None:
    path = leave_journal(tmp_path, key_of(), made_with="a")
    assert open_journal(tmp_path, made_with="a").find(key_of())
    journals = open_journal(tmp_path, made_with="b")
    assert not path.exists()
    assert journals.find(key_of()) is None
    assert journals.unsettled(COURSE) == Usage()
    journals.add(key_of(), answer("anew"))
    assert found_in(open_journal(tmp_path, made_with="b"), key_of()) == "anew"


# costs


def calls(usage: Usage) -> int:
    return usage.total().calls


@pytest.mark.parametrize("reopen", [False, True])
def test_answers_taken_back_are_neither_found_nor_counted(tmp_path: Path, reopen: bool) -> None:
    failing, other = [key_of(number=n, digest=f"{n}") for n in range(3)], key_of(part="3")
    leave_journal(tmp_path, *failing, other)
    journals = open_journal(tmp_path)
    assert calls(journals.unsettled(COURSE)) == 4
    journals.void(failing[0].call)
    if reopen:
        journals = open_journal(tmp_path)
    assert [journals.find(key) for key in failing] == [None, None, None]
    assert journals.unsettled(COURSE) == Usage(roles={"client": COST})
    journals.add(failing[0], answer("asked anew"))
    again = open_journal(tmp_path)
    assert found_in(again, failing[0]) == "asked anew"
    assert found_in(again, other) == "answer 3"
    assert calls(again.unsettled(COURSE)) == 2


def test_taking_back_where_nothing_was_written_writes_nothing(tmp_path: Path) -> None:
    journals = open_journal(tmp_path)
    journals.void(key_of().call)
    journals.void(key_of("cbt/never_opened").call)
    assert list(tmp_path.iterdir()) == []


def test_costs_are_summed_by_role_and_place_until_their_session_is_settled(tmp_path: Path) -> None:
    two = RoleUsage(calls=2, retries=1)
    journals = open_journal(tmp_path)
    for key, cost in [
        (key_of(session=1, rollout=0), COST),
        (key_of(session=1, rollout=0, role="counselor"), two),
        (key_of(session=1, rollout=1), two),
        (key_of(session=1, rollout=1, attempt=1), COST),
        (key_of(session=2), COST),
    ]:
        journals.add(key, answer("x", cost))
    journals.add(key_of(role="search"), Kept({}))
    for each in (journals, open_journal(tmp_path)):
        assert each.spent(Place(COURSE, 1, 0)) == Usage(roles={"client": COST, "counselor": two})
        assert each.spent(Place(COURSE, 1, 1)) == Usage(roles={"client": two})
        assert each.spent(Place(COURSE, 3)) == each.spent(Place("cbt/en02", 1)) == Usage()
        assert calls(each.unsettled(COURSE)) == 7
        assert each.unsettled("cbt/en02") == Usage()
        each.settle(COURSE, 1)
        assert each.unsettled(COURSE) == each.spent(Place(COURSE, 2)) == Usage(roles={"client": COST})
        each.settle(COURSE, 2)
        assert each.unsettled(COURSE) == Usage()


# the file itself


def test_the_end_of_a_course_removes_its_journal_and_folders_that_are_empty(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    journals = FileJournals(folder)
    for thread in ("cbt/en01", "cbt/en02", "sfbt/en01"):
        journals.open(thread)
        journals.add(key_of(thread), answer("x"))
    journals.close("cbt/en01", finished=True)
    assert sorted(p.name for p in folder.rglob("*.jsonl")) == ["en01.jsonl", "en02.jsonl"]
    journals.close("sfbt/en01", finished=True)
    journals.tidy()
    assert not (folder / "sfbt").exists()
    journals.close("cbt/en02", finished=False)
    assert (folder / "cbt/en02.jsonl").exists(), "unfinished work keeps its journal"
    journals.open("cbt/en02")
    journals.close("cbt/en02", finished=True)
    journals.tidy()
    assert not folder.exists()
    assert tmp_path.exists()


def test_a_course_that_starts_over_forgets_what_was_answered(tmp_path: Path) -> None:
    leave_journal(tmp_path / "calls", key_of())
    journals = FileJournals(tmp_path / "calls")
    journals.forget(COURSE)
    journals.tidy()
    assert not (tmp_path / "calls").exists()
    journals.forget(COURSE)
    journals.open(COURSE)
    assert journals.find(key_of()) is None


def test_a_journal_that_is_kept_holds_what_was_asked(tmp_path: Path) -> None:
    asked = [{"role": "user", "content": "Hé 你好"}]
    for keep in (False, True):
        folder = tmp_path / str(keep)
        journals = open_journal(folder, keep=keep)
        journals.add(key_of(), answer("x"), asked)
        journals.close(COURSE, finished=not keep)
        journals.open(COURSE)
        journals.add(key_of(part="3"), answer("y"), asked)
        _, *lines = journal_lines(journals.path(COURSE))
        assert [line.get("messages") for line in lines] == ([asked] * 2 if keep else [None])
        journals.close(COURSE, finished=True)
        assert journals.path(COURSE).exists() is keep


def test_only_its_owner_may_read_a_journal(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = leave_journal(tmp_path, key_of())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_removed_while_the_run_works_is_told_and_not_created_again(tmp_path: Path) -> None:
    journals = open_journal(tmp_path)
    journals.add(key_of(part="1"), answer("x"))
    path = journals.path(COURSE)
    path.unlink()
    told = f"{path}: was removed while the run works; run the same command again"
    with pytest.raises(RecordError) as adding:
        journals.add(key_of(), answer("y"))
    with pytest.raises(RecordError) as taking_back:
        journals.void(key_of().call)
    assert str(adding.value) == str(taking_back.value) == told
    path.parent.rmdir()
    with pytest.raises(RecordError, match="was removed while the run works"):
        journals.add(key_of(), answer("y"))
    assert list(tmp_path.iterdir()) == []


def refuse_to_remove(path: Path, missing_ok: bool = False) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_finished_journal_that_cannot_be_removed_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, journals = leave_journal(tmp_path, key_of()), open_journal(tmp_path)
    monkeypatch.setattr(Path, "unlink", refuse_to_remove)
    journals.close(COURSE, finished=True)
    told = "cannot be removed (Operation not permitted); mend its permissions, or remove it by hand"
    assert f"{path}: {told}" in caplog.text


def test_a_journal_of_another_setup_that_cannot_be_removed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = leave_journal(tmp_path, key_of(), made_with="one")
    monkeypatch.setattr(Path, "unlink", refuse_to_remove)
    with pytest.raises(RecordError, match=rf"{path}: cannot be removed"):
        open_journal(tmp_path, made_with="another")
