"""`calls/<course>.jsonl`: the journal of one course's calls; its first line says whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from psychagent.domain.base import Record
from psychagent.domain.call import CallId, Place
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.files.append import append
from psychagent.files.change import cut_file, remove_file
from psychagent.files.opened import read_bytes
from psychagent.files.seal import add_sum, is_summed, without_sum

SCHEMA_VERSION = 1
_BEGINNING = b'{"calls_of":'


def journal_path(folder: Path, thread: str) -> Path:
    """Return the journal of a course, or of a judged session: in a folder of its modality."""
    first, *rest = thread.split("/")
    return folder / first / f"{'.'.join(rest)}.jsonl"


class JournalHead(Record):
    """The first line of a journal."""

    calls_of: str
    """The course, or the session that is judged."""
    schema_version: int
    made_with: str = ""
    """Hash of what else the answers depend on; empty where a manifest beside it says so."""
    kept: bool = False
    """Whether it is the log of calls, which stays when the course ends."""

    def line(self) -> bytes:
        """Write the line, with a check sum of all that stands before it."""
        return add_sum(self.model_dump_json(exclude_defaults=True).encode()) + b"\n"


class StoredCall(Record):
    """One line of a journal: an answer, and where in the course it was given."""

    session: int
    rollout: int = 0
    attempt: int = 0
    role: str
    part: str = ""
    number: int = 0
    """How many replies the call had before, unusable ones."""
    digest: str = ""
    """Of all that was asked."""
    value: dict[str, Any] | None
    """The answer; None takes back all answers of the call, which failed for good."""
    cost: RoleUsage | None = None
    """The cost of asking; None where no model was asked."""
    messages: tuple[dict[str, str], ...] = ()
    """What was asked, in a journal that is kept as the log of calls."""

    @classmethod
    def of(
        cls,
        call: CallId,
        value: dict[str, Any] | None,
        *,
        number: int = 0,
        digest: str = "",
        cost: RoleUsage | None = None,
        messages: Sequence[dict[str, str]] = (),
    ) -> StoredCall:
        """Make the line of an answer."""
        (_, session, rollout, attempt), role, part = call
        # the writer's own values need no validation, which costs more than the rest of a line
        return cls.model_construct(
            session=session,
            rollout=rollout,
            attempt=attempt,
            role=role,
            part=part,
            number=number,
            digest=digest,
            value=value,
            cost=cost,
            messages=tuple(messages),
        )

    def call(self, thread: str) -> CallId:
        """Return which call it answers."""
        return CallId(Place(thread, self.session, self.rollout, self.attempt), self.role, self.part)

    def line(self) -> bytes:
        """Write the line, with a check sum of all that stands before it."""
        return add_sum(self.model_dump_json(exclude_defaults=True).encode()) + b"\n"


def read_journal(path: Path, *, mend: bool = True) -> tuple[JournalHead, list[StoredCall]] | None:
    """Read a journal without a last line that a kill or a full disk left incomplete.

    Args:
        path: Its file.
        mend: Cut that line off, so that the next one can follow.

    Returns:
        What it says of itself, and its answers; None if not even the first line was completed, in
        which case the file is removed too.

    Raises:
        RecordError: If it is no journal, of a later version, or damaged before its last line.
    """
    *lines, torn = read_bytes(path, RecordError).split(b"\n")
    if is_summed(torn):
        # only the end of the line is missing, and its call is not to be asked or counted again
        lines.append(torn)
        torn = b""
        if mend:
            append(path, b"\n", is_new=False)
    if not lines and torn.startswith(_BEGINNING[: len(torn)]):
        if mend:
            remove_file(path)
        return None
    # a file of one unfinished line is none of ours, even if the line says what a first one does
    head, calls = _head(path, lines[0] if lines else b""), list(_calls(path, lines))
    if torn and mend:
        cut_file(path, sum(len(line) + 1 for line in lines))
    return head, calls


def _head(path: Path, line: bytes) -> JournalHead:
    try:
        head = JournalHead.model_validate_json(without_sum(line))
    except ValueError as error:
        raise RecordError(
            f"{path}: its first line is not that of a journal of calls; move the file away to ask anew"
        ) from error
    if head.schema_version > SCHEMA_VERSION:
        raise RecordError(
            f"{path}: schema_version is {head.schema_version}, and this version reads {SCHEMA_VERSION}; "
            "go on with the version that began the run, or move the file away to ask anew"
        )
    return head


def _calls(path: Path, lines: Sequence[bytes]) -> Iterator[StoredCall]:
    for number, line in enumerate(lines[1:], start=2):
        try:
            yield StoredCall.model_validate_json(without_sum(line))
        except ValueError as error:
            raise RecordError(
                f"{path}, line {number}: is not a call's answer; remove the line to ask that call anew"
            ) from error
