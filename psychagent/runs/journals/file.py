"""Journals as files: each answer is appended before the next call is sent, and survives kill -9.

A line costs some microseconds, a transaction of the checkpoints' database twenty times as much. Like
that database it does not survive a power cut: nothing is forced to the disk.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from psychagent.domain.call import CallId, Place
from psychagent.domain.usage import RoleUsage, Usage, sum_usage
from psychagent.errors import RecordError, RemovedError
from psychagent.files.append import append
from psychagent.files.change import move_file, remove_empty, remove_file
from psychagent.files.opened import read_bytes
from psychagent.files.write import write_bytes
from psychagent.llm.journal import FAILED, TRY, Kept, Key
from psychagent.llm.prompt import Message
from psychagent.records.calls import SCHEMA_VERSION, JournalHead, StoredCall, journal_path, read_journal

NO_ANSWER = -1
"""Number of the lines that an earlier version must not take for an answer."""

log = logging.getLogger(__name__)


@dataclass
class _Course:
    """One open journal."""

    path: Path
    head: JournalHead
    exists: bool = False
    found: dict[tuple[CallId, int], StoredCall] = field(default_factory=dict)
    """The answers of an interrupted run that were not taken yet."""
    tries: dict[CallId, RoleUsage] = field(default_factory=dict)
    """What its attempts without an answer cost, as far as their calls were not made again yet."""
    costs: dict[CallId, RoleUsage] = field(default_factory=dict)
    """What was spent on sessions that are not settled."""

    def note(self, call: CallId, cost: RoleUsage | None) -> None:
        """Count what a call cost."""
        if cost is not None:
            self.costs[call] = self.costs.get(call, RoleUsage()) + cost

    def take_back(self, call: CallId) -> None:
        """Forget a call's answers and costs."""
        self.costs.pop(call, None)
        self.tries.pop(call, None)
        for key in [key for key in self.found if key[0] == call]:
            del self.found[key]

    def begin_to_keep(self) -> None:
        """Say in the first line that the file stays."""
        self.head = self.head.model_copy(update={"kept": True})
        _, _, calls = read_bytes(self.path, RecordError).partition(b"\n")
        write_bytes(self.path, self.head_line + calls)

    @property
    def head_line(self) -> bytes:
        """The first line."""
        return self.head.line()

    def append(self, line: bytes) -> None:
        """Append a line whole or not at all.

        Raises:
            RecordError: If the disk is full, or the file was removed meanwhile.
            RemovedError: If all of the run was.
        """
        if not self.exists and not self.path.parents[2].exists():
            raise RemovedError(
                f"{self.path.parents[2]}: was removed while the run works, so nothing more is asked or "
                "written; put it back, or begin anew in another folder"
            )
        append(self.path, line if self.exists else self.head_line + line, is_new=not self.exists)
        self.exists = True


class FileJournals:
    """Journals below one folder, a file per course; written by one process at a time."""

    ANSWERS_WITH_FAILURES: ClassVar[bool] = False
    """What failed for good is asked again when a run goes on, and fails again when it is played again."""

    def __init__(self, folder: Path, *, keep: bool = False, mend: bool = True) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            folder: Where the files are.
            keep: Keep the journals of finished courses, with what was asked, as the log of calls. One
                that an earlier command began to keep is kept in any case.
            mend: Whether a torn last line may be cut off a file.
        """
        self._folder, self._keep, self._mend = folder, keep, mend
        self._open: dict[str, _Course] = {}
        self.taken = 0

    def path(self, thread: str) -> Path:
        """Return the file of a course."""
        return journal_path(self._folder, thread)

    def holds(self, call: CallId, number: int) -> bool:
        """Return whether there is an answer to a call, whatever was asked."""
        return (call, number) in self._open[call.place.thread].found

    def open(self, thread: str, *, after: int = 0, made_with: str = "") -> None:
        """Read what an interrupted run left."""
        head = JournalHead(
            calls_of=thread, schema_version=SCHEMA_VERSION, made_with=made_with, kept=self._keep
        )
        course = _Course(self.path(thread), head)
        if course.path.exists() and (read := read_journal(course.path, mend=self._mend)):
            was, calls = read
            if was.calls_of != thread:
                raise RecordError(f"{course.path}: is the journal of {was.calls_of!r}; move it to its place")
            if was.made_with != made_with:
                _put_aside(course.path, was)
            else:
                course.exists, course.head = True, was
                if self._keep and not was.kept:
                    course.begin_to_keep()
                _fill(course, thread, [call for call in calls if call.session > after])
        self._open[thread] = course

    def find(self, key: Key) -> Kept | None:
        """Take an answer of an interrupted run; each is taken once."""
        course = self._open[key.call.place.thread]
        stored = course.found.get((key.call, key.number))
        if stored is None or stored.digest != key.digest or stored.value is None:
            return None
        if FAILED in stored.value and not self.ANSWERS_WITH_FAILURES:
            return None
        if not course.head.kept:
            del course.found[key.call, key.number]
        self.taken += stored.cost is not None
        return Kept(stored.value, stored.cost)

    def add(self, key: Key, kept: Kept, messages: Sequence[Message] = ()) -> None:
        """Append an answer."""
        call, number, digest = key
        course = self._open[call.place.thread]
        line = StoredCall.of(
            call,
            kept.value,
            number=number,
            digest=digest,
            cost=kept.cost,
            messages=messages if course.head.kept else (),
        )
        # counted first: it was spent even if it cannot be written
        course.note(call, kept.cost)
        course.append(line.line())

    def add_try(self, call: CallId, kept: Kept) -> None:
        """Append an attempt without an answer, under a number that no answer has."""
        course = self._open[call.place.thread]
        course.note(call, kept.cost)
        course.append(StoredCall.of(call, kept.value, number=NO_ANSWER, cost=kept.cost).line())

    def take_tries(self, call: CallId) -> RoleUsage | None:
        """Take what the attempts without an answer of an interrupted run cost, once."""
        return self._open[call.place.thread].tries.pop(call, None)

    def void(self, call: CallId) -> None:
        """Take back a call's answers, so that it is asked anew."""
        course = self._open.get(call.place.thread)
        if course is not None:
            course.take_back(call)
            if course.exists:
                course.append(StoredCall.of(call, None).line())

    def spent(self, place: Place, *, but: CallId | None = None) -> Usage:
        """Sum what was spent at a place, less one call's."""
        course = self._open.get(place.thread)
        costs = course.costs.items() if course else ()
        return _sum({call: cost for call, cost in costs if call.place == place and call != but})

    def unsettled(self, thread: str) -> Usage:
        """Sum what was spent on sessions that have no record yet."""
        course = self._open.get(thread)
        return _sum(course.costs if course else {})

    def settle(self, thread: str, session: int) -> None:
        """Stop counting the costs of a session and those before it."""
        course = self._open[thread]
        course.costs = {call: cost for call, cost in course.costs.items() if call.place.session > session}

    def close(self, thread: str, *, finished: bool) -> None:
        """End the work on a course."""
        course = self._open.pop(thread, None)
        if finished and course is not None and not course.head.kept:
            try:
                remove_file(course.path)
            except RecordError as error:
                # its answers are in files of the run by now
                log.warning("%s", error)

    def forget(self, thread: str) -> None:
        """Remove a course's journal."""
        self._open.pop(thread, None)
        path = self.path(thread)
        if path.exists() and (read := read_journal(path)):
            _put_aside(path, read[0])

    def tidy(self) -> None:
        """Remove folders that hold no journal any more."""
        # once, not with every file: on some disks it takes longer than a call's whole work
        remove_empty(*self._folder.glob("*"), self._folder)


def _put_aside(path: Path, head: JournalHead) -> None:
    """Remove answers that another setup gave; a log is kept under another name."""
    if not head.kept:
        remove_file(path)
        return
    number = 1
    while (aside := path.with_name(f"{path.stem}.earlier-{number}{path.suffix}")).exists():
        number += 1
    move_file(path, aside)


def _fill(course: _Course, thread: str, calls: Sequence[StoredCall]) -> None:
    for stored in calls:
        call = stored.call(thread)
        if stored.value is None:
            course.take_back(call)
            continue
        course.note(call, stored.cost)
        if TRY in stored.value:
            course.tries[call] = course.tries.get(call, RoleUsage()) + (stored.cost or RoleUsage())
        else:
            course.found[call, stored.number] = stored


def _sum(costs: dict[CallId, RoleUsage]) -> Usage:
    return sum_usage(Usage(roles={call.role: cost}) for call, cost in costs.items())
