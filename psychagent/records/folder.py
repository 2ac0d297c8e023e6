"""A run's folder: the one place that knows the names of its files and the order in which to read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os.path import abspath, lexists
from pathlib import Path

from psychagent.domain.base import Modality, Record
from psychagent.domain.words.value import shown
from psychagent.errors import RecordError
from psychagent.files.kind import resolved
from psychagent.records.calls import journal_path
from psychagent.records.course import CourseRecord, read_course
from psychagent.records.manifest import Manifest, read_manifest
from psychagent.records.session import SessionRecord, read_session
from psychagent.records.spent.log import NAME as SPENT

MANIFEST, COURSE, SAFETY = "manifest.json", "course.json", "safety.jsonl"
SCORES = "scores.csv"
"""The table of an evaluation, which is no run."""
_PREFIX = "session_"
_SESSION = re.compile(_PREFIX + "([1-9][0-9]*)")


class Broken(Record):
    """A file, or a part of one, that cannot be used."""

    file: str
    """Relative to the folder read."""
    reason: str


@dataclass(frozen=True)
class SessionFile:
    """One session of a case: `session_<k>.json`."""

    path: Path
    index: int

    def read(self) -> SessionRecord:
        """Read the session.

        Raises:
            RecordError: Naming the file and what is wrong with it; also if it says that it is another
                session than its place says.
        """
        record = read_session(self.path)
        check_place(self.path, case_id=record.case_id, modality=record.modality, index=record.session_index)
        return record


@dataclass(frozen=True)
class StoredSessions:
    """The sessions of a case that can be read, in order, and the files that cannot."""

    records: tuple[SessionRecord, ...]
    broken: tuple[Broken, ...]


@dataclass(frozen=True)
class CaseFolder:
    """The folder `<run>/<modality>/<case_id>` and its files."""

    path: Path

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.path.name

    @property
    def modality(self) -> Modality:
        """The case's modality, from the name of the parent folder; only valid within a run."""
        return Modality(self.path.parent.name)

    @property
    def name(self) -> str:
        """Modality and id, which together are unique within a run."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def course_path(self) -> Path:
        """The path of the course's file."""
        return self.path / COURSE

    def course(self) -> CourseRecord:
        """Read the course's file.

        Raises:
            RecordError: If it does not exist yet or is broken.
        """
        record = read_course(self.course_path)
        check_place(self.course_path, case_id=record.case_id, modality=record.modality)
        return record

    def session_path(self, index: int) -> Path:
        """Return the path of a session's file."""
        return self.path / f"{_PREFIX}{index}.json"

    def session_files(self) -> list[SessionFile]:
        """List the session files, in numeric order."""
        numbered = [(session_number(path), path) for path in self.path.glob(f"{_PREFIX}*.json")]
        return [SessionFile(path, index) for index, path in sorted(numbered) if index]

    def sessions(self) -> StoredSessions:
        """Read all sessions; files that cannot be read are listed with the reason."""
        records: list[SessionRecord] = []
        broken: list[Broken] = []
        for file in self.session_files():
            try:
                records.append(file.read())
            except RecordError as error:
                reason = str(error).removeprefix(f"{file.path}: ")
                broken.append(Broken(file=f"{self.name}/{file.path.name}", reason=reason))
        return StoredSessions(tuple(records), tuple(broken))


def session_number(path: Path) -> int:
    """Return the number of a session's file; 0 where the name is no session's."""
    match = _SESSION.fullmatch(path.stem)
    return int(match[1]) if match else 0


def check_place(file: Path, *, case_id: object, modality: object, index: object = 0) -> None:
    """Check that what a file of a case says of itself is what its place in a run says.

    Raises:
        RecordError: Naming the file, what it says and what its place says.
    """
    # links are not followed: what is linked to under another name is in the wrong place
    parents = Path(abspath(file)).parents
    if parents[1].name not in set(Modality) or not (parents[2] / MANIFEST).is_file():
        return
    said = {"case_id": case_id, "modality": modality, "session_index": index}
    place = {"case_id": parents[0].name, "modality": parents[1].name, "session_index": session_number(file)}
    for field, value in said.items():
        if value and place[field] and str(value) != str(place[field]):
            raise RecordError(
                f"{file}: field {field!r} has {shown(value)}, and its place says {shown(place[field])}; put "
                "the right file here"
            )


def case_folders(path: Path, schools: Iterable[str] = tuple(Modality)) -> Iterator[CaseFolder]:
    """Yield the folders `<modality>/<case_id>` below a folder, in order of modality and id."""
    for name in schools:
        yield from (CaseFolder(p) for p in sorted((path / name).glob("*")) if p.is_dir())


@dataclass(frozen=True)
class RunFolder:
    """The folder `<save_dir>/<baseline>` and its files."""

    path: Path

    @staticmethod
    def of(path: Path) -> RunFolder:
        """Return the run at a path: the path itself, or the only run directly below it.

        Raises:
            RecordError: If there is none, or more than one.
        """
        runs = runs_at(path)
        if len(runs) == 1:
            return runs[0]
        if not runs:
            noun = "is an evaluation, no run" if (path / SCORES).is_file() else "holds no run"
            raise RecordError(f"{path}: {noun}; name <save_dir>/<baseline>, where {MANIFEST} stands")
        names = ", ".join(run.name for run in runs)
        raise RecordError(f"{path}: holds {len(runs)} runs ({names}); name one of them")

    @property
    def name(self) -> str:
        """Name of the system that was run."""
        return resolved(self.path).name

    @property
    def checkpoints(self) -> Path:
        """The SQLite file of checkpoints."""
        return self.path / "checkpoints.sqlite"

    @property
    def manifest_path(self) -> Path:
        """The path of the manifest."""
        return self.path / MANIFEST

    @property
    def calls(self) -> Path:
        """The folder of the journals of calls."""
        return self.path / "calls"

    def journal(self, thread: str) -> Path:
        """Return the path of a course's journal."""
        return journal_path(self.calls, thread)

    @property
    def safety(self) -> Path:
        """The audit of the safety gate; there is none where it found nothing."""
        return self.path / SAFETY

    @property
    def spent(self) -> Path:
        """The log of what an embedder took, which no other file says."""
        return self.path / SPENT

    @property
    def log(self) -> Path:
        """The log of all commands run in this folder."""
        return self.path / "run.log"

    @property
    def lock(self) -> Path:
        """The file whose OS lock shows that a process is working in this folder."""
        return self.path / ".lock"

    def manifest(self) -> Manifest:
        """Read the manifest, which describes what the run was made with.

        Raises:
            RecordError: If it is missing or broken.
        """
        return read_manifest(self.manifest_path)

    def case(self, modality: Modality, case_id: str) -> CaseFolder:
        """Return the folder of one case."""
        return CaseFolder(self.path / modality.value / case_id)

    def cases(self) -> Iterator[CaseFolder]:
        """Yield the folders of cases, in order of modality and id."""
        return case_folders(self.path)


def runs_at(path: Path) -> list[RunFolder]:
    """List the runs at a path: the path itself if it is a run, else those directly below it."""
    if lexists(path / MANIFEST):
        return [RunFolder(path)]
    return [RunFolder(manifest.parent) for manifest in sorted(path.glob(f"*/{MANIFEST}"))]


def run_of(session_file: Path) -> RunFolder | None:
    """Return the run that a session's file belongs to, judging by path and name; None if there is none."""
    path = resolved(session_file)
    if not session_number(path) or path.parents[1].name not in set(Modality):
        return None
    return RunFolder(path.parents[2])
