"""`safety.jsonl`: what the safety gate found and did, line by line, each bound to the one above; no words."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import AwareDatetime, Field, ValidationError

from psychagent.domain.base import Record
from psychagent.domain.risk.audit import AuditKey
from psychagent.domain.risk.finding import IMMINENT, NO_RISK, About, Classifier, Handling, RiskFinding
from psychagent.domain.words.explain import explain
from psychagent.errors import RecordError
from psychagent.files.shared import append_for_good, read_from, read_shared, shared_file

VERSION = 1
Event = Literal["finding", "help", "restart"]
_BEGINNING = b'{"v":'
_SEAL = b',"hash":"'


class AuditLine(Record):
    """One line. Its last field is the hash of all that stands before that field."""

    v: int = VERSION
    time: AwareDatetime
    """When it was written, in UTC."""
    event: Event
    """`help`: a person asked for help; `restart`: the course is held anew, from its first session on."""
    subject: str
    session: int = Field(ge=1)
    rollout: int
    attempt: int
    turn: int = Field(ge=0)
    level: int = Field(default=NO_RISK, ge=NO_RISK, le=IMMINENT)
    about: About = About.NONE
    hard: int = Field(default=NO_RISK, ge=NO_RISK, le=IMMINENT)
    soft: int = Field(default=NO_RISK, ge=NO_RISK, le=IMMINENT)
    patterns: tuple[str, ...] = ()
    model: int | None = Field(default=None, ge=NO_RISK, le=IMMINENT)
    classifier: Classifier = Classifier.OFF
    carried: bool = False
    handling: Handling = Handling.NONE
    rules_hash: str = ""
    model_name: str = ""
    """The model that may be asked; empty where there is none."""
    writer: str
    """The process that wrote it."""
    n: int = Field(ge=1)
    """Number of the line among its writer's, from 1."""
    prev: str
    """Hash of the line above; empty in the file's first."""
    hash: str = ""

    @property
    def key(self) -> AuditKey:
        """Which turn it is about."""
        return AuditKey(self.subject, self.session, self.rollout, self.attempt, self.turn)


def seal(line: AuditLine) -> tuple[AuditLine, bytes]:
    """Give a line its hash; return it, and how it is written but for the line feed."""
    body = line.model_dump_json(exclude={"hash"}).encode().removesuffix(b"}")
    digest = hashlib.sha256(body).hexdigest()
    return line.model_copy(update={"hash": digest}), body + _SEAL + digest.encode() + b'"}'


def parse_line(data: bytes) -> AuditLine:
    """Read a line as it stands, without its line feed; whether it was changed is left to `is_intact`.

    Raises:
        ValueError: Saying what is wrong with it.
    """
    try:
        return AuditLine.model_validate_json(data)
    except ValidationError as error:
        if (version := _version(data)) > VERSION:
            raise ValueError(
                f"is of version {version}, and this program reads up to {VERSION}; update psychagent"
            ) from error
        raise ValueError(f"is no line of an audit ({explain(error, AuditLine)})") from error


def _version(data: bytes) -> int:
    try:
        version = json.loads(data)["v"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0
    return version if isinstance(version, int) else 0


def is_intact(data: bytes, line: AuditLine) -> bool:
    """Return whether a line is, byte for byte, the one whose hash it states."""
    body, _, _ = data.rpartition(_SEAL)
    digest = hashlib.sha256(body).hexdigest()
    return digest == line.hash and data == body + _SEAL + digest.encode() + b'"}'


def read_audit(path: Path) -> list[AuditLine]:
    """Read all lines, without a last one that a kill left incomplete.

    Raises:
        RecordError: Naming the file and the line that cannot be read.
    """
    *whole, _ = read_shared(path).split(b"\n")
    return list(_read_lines(path, whole, after=0))


def _read_lines(path: Path, whole: Sequence[bytes], *, after: int) -> Iterator[AuditLine]:
    for number, data in enumerate(whole, start=after + 1):
        try:
            line = parse_line(data)
            if not is_intact(data, line):
                raise ValueError("does not have the hash that it states")
        except ValueError as error:
            raise RecordError(
                f"{path}, line {number}: {error}; move the file away to keep it as it is, and run again"
            ) from error
        yield line


def _now() -> datetime:
    return datetime.now(UTC)


class FileAudit:
    """The record in a file, which threads and processes may append to; a turn is recorded once.

    Every line is written under a lock of the operating system and forced to the disk. What others
    wrote meanwhile is read first, so that no two of them record the same turn.
    """

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = _now, writer: str = "") -> None:
        """Prepare; nothing is read yet, and no file is made before there is a line for it.

        Args:
            path: The file.
            clock: Tells the time.
            writer: Name of this writer; by default a new one at random.
        """
        self.path, self._clock = path, clock
        self._writer, self._n = writer or uuid4().hex, 0
        self._one_thread = threading.Lock()
        self._levels: dict[AuditKey, int] = {}
        self._read, self._lines, self._last, self._inode = 0, 0, "", 0
        self._is_open = False

    def open(self) -> None:
        """Read what is on record, and cut off a last line that a kill or a full disk left incomplete.

        Raises:
            RecordError: If a line before it is damaged.
        """
        with self._one_thread:
            if self.path.exists():
                with shared_file(self.path, create=False) as place:
                    self._catch_up(place)
            self._is_open = True

    @property
    def last(self) -> str:
        """Hash of the last line that was read or written; empty if there is none."""
        return self._last

    def known(self, key: AuditKey) -> int:
        """Return the level on record for a turn; 0 if there is none."""
        if not self._is_open:
            self.open()
        return self._levels.get(key, NO_RISK)

    def add(self, key: AuditKey, finding: RiskFinding, *, model: str) -> None:
        """Record a finding once; returns when it is on the disk.

        Raises:
            RecordError: If it cannot be written.
        """
        found = finding.model_dump(exclude={"turn"})
        self._append(key, "finding", model_name=model, **found)

    def add_help(self, key: AuditKey) -> None:
        """Record that a person asked for help, and was shown where there is some.

        Args:
            key: The turn that the person was about to write.

        Raises:
            RecordError: If it cannot be written.
        """
        self._append(key, "help", handling=Handling.CARD)

    def restart(self, subject: str) -> None:
        """Record that a course is held anew, so that its turns count as new; not if none is on record.

        Raises:
            RecordError: If it cannot be written.
        """
        if not self._is_open:
            self.open()
        if any(key.subject == subject for key in self._levels):
            self._append(AuditKey(subject, 1, 0, 0, 0), "restart")

    def _append(self, key: AuditKey, event: Event, **found: object) -> None:
        with self._one_thread, shared_file(self.path, create=self._inode == 0) as place:
            self._catch_up(place)
            self._is_open = True
            if event == "finding" and key in self._levels:
                return
            given = {"time": self._clock().astimezone(UTC), "event": event, **key._asdict(), **found}
            chain = {"writer": self._writer, "n": self._n + 1, "prev": self._last}
            line, data = seal(AuditLine.model_validate(given | chain))
            append_for_good(self.path, place, data + b"\n")
            self._n += 1
            self._note(line, size=len(data) + 1)

    def _catch_up(self, place: int) -> None:
        """Read what others wrote since the last look."""
        now = os.fstat(place)
        if (self._inode and now.st_ino != self._inode) or now.st_size < self._read:
            raise RecordError(f"{self.path}: was replaced or cut while it was written to; run again")
        self._inode = now.st_ino
        if now.st_size == self._read:
            return
        *whole, torn = read_from(place, self._read).split(b"\n")
        lines = _read_lines(self.path, whole, after=self._lines)
        for data, line in zip(whole, lines, strict=True):
            self._note(line, size=len(data) + 1)
        if torn:
            self._mend(place, torn)

    def _mend(self, place: int, torn: bytes) -> None:
        """Cut an incomplete last line off, or give a whole one its line feed."""
        try:
            parse_line(torn)
        except ValueError as error:
            # after a power cut, a line may be there as so many zeros
            if torn.strip(b"\0") and not torn.startswith(_BEGINNING[: len(torn)]):
                raise RecordError(f"{self.path}: is not an audit; move it away and run again") from error
            os.ftruncate(place, self._read)
            return
        (line,) = _read_lines(self.path, [torn], after=self._lines)
        append_for_good(self.path, place, b"\n")
        self._note(line, size=len(torn) + 1)

    def _note(self, line: AuditLine, *, size: int) -> None:
        self._read, self._lines, self._last = self._read + size, self._lines + 1, line.hash
        if line.event == "restart":
            # a new mapping, since `known` looks without the lock
            self._levels = {key: level for key, level in self._levels.items() if key.subject != line.subject}
        elif line.event == "finding":
            self._levels.setdefault(line.key, line.level)
