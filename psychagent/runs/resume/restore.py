"""Bring files and checkpoints of a case in line before its course goes on; and remove a run's files."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from psychagent.assets.cases import CaseFile
from psychagent.domain.base import Modality
from psychagent.domain.profile import Case
from psychagent.domain.rollout import FinishedSession
from psychagent.errors import RecordError
from psychagent.files.change import remove_empty, remove_file
from psychagent.files.refused import of_ours
from psychagent.files.seal import ChangedError
from psychagent.nodes.state import CourseState
from psychagent.records.chat import CHAT
from psychagent.records.folder import RunFolder, SessionFile
from psychagent.runs.case import CourseRun, config_of, place_of, sessions_done, store_session
from psychagent.runs.workers.base import Claim

log = logging.getLogger(__name__)

_REMEDY = re.compile("; [^;]*put (?:it|the file) back[^;]*$")
"""Ends a sentence about a file that a longer one goes on from."""


def check_untouched(run: CourseRun, case: Case) -> None:
    """Refuse to overwrite sessions whose checkpoints are gone.

    Raises:
        RecordError: Naming the first of them.
    """
    place = place_of(run, case)
    for file in place.session_files():
        raise RecordError(
            f"{file.path}: is there, but its course is not in {run.folder.checkpoints}; put the checkpoints "
            f"back, or delete the folder {place.path} to run this case anew"
        )


async def was_deleted(run: CourseRun, case: Case, values: CourseState) -> bool:
    """Return whether someone removed the case's folder, which asks for the case to be run again."""
    finished = sessions_done(values)
    return finished > 1 and not place_of(run, case).session_files()


async def mend_files(run: CourseRun, claim: Claim[CaseFile], case: Case, values: CourseState) -> None:
    """Ensure that every finished session has its file; rewrite those that checkpoints still hold.

    Raises:
        RecordError: If a file is missing or broken and its session is no longer in a checkpoint, or was
            changed, so that to rewrite it would lose what somebody wrote.
    """
    place = place_of(run, case)
    broken: dict[int, RecordError] = {}
    for index in range(1, sessions_done(values) + 1):
        try:
            SessionFile(place.session_path(index), index).read()
        except RecordError as error:
            broken[index] = error
    if not broken:
        return
    async for session in _checkpointed(run, case, values):
        if problem := broken.pop(session.session_index, None):
            _let_rewrite(problem, place.session_path(session.session_index))
            store_session(run, claim, case, session)
    if broken:
        problem = next(iter(broken.values()))
        raise RecordError(
            f"{_REMEDY.sub('', str(problem))}; its session is no longer in the checkpoints: "
            f"put the file back, or delete the folder {place.path} to run this case anew"
        )


def _let_rewrite(problem: RecordError, path: Path) -> None:
    """Say that a file is written again; refuse where somebody may have meant the change in it."""
    if isinstance(problem.__cause__, ChangedError):
        raise RecordError(f"{problem}; if it is deleted, it is written again as it was") from problem
    if path.exists():
        log.warning("%s: it is written again from the checkpoints", _REMEDY.sub("", str(problem)))


async def _checkpointed(run: CourseRun, case: Case, values: CourseState) -> AsyncIterator[FinishedSession]:
    """Yield the sessions that checkpoints hold, newest first."""
    newest = values.get("finished_session")
    if newest is not None:
        # after a kill between a step's writes and its checkpoint, only the newest state holds it
        yield newest
    async for snapshot in run.graph.aget_state_history(config_of(run, case)):
        session = snapshot.values.get("finished_session")
        if session is not None:
            yield session


def remove_run(folder: RunFolder) -> None:
    """Remove what a run wrote, and nothing else, so that it starts over.

    Raises:
        RecordError: If no manifest shows that it is a run, or something cannot be removed.
    """
    _check_is_run(folder)
    # checkpoints first: whatever a kill in between leaves is then refused, not resumed as a run
    for path in (*_files_of(folder), folder.manifest_path):
        remove_file(path)
    modalities = [folder.path / m.value for m in Modality]
    inner = [path for parent in (*modalities, folder.calls) for path in parent.glob("*")]
    # what is not empty holds files of somebody else
    remove_empty(*inner, *modalities, folder.calls)


def _check_is_run(folder: RunFolder) -> None:
    """Refuse to remove what may be somebody's own: only a manifest tells a run from it."""
    by_hand = f"nothing was removed: name another --save-dir, or remove {folder.path} by hand"
    if (folder.path / CHAT).exists():
        raise RecordError(f"{folder.path}: holds a chat, not a run; {by_hand}")
    try:
        folder.manifest()
    except RecordError as error:
        why = f"{of_ours(error)}; without it nobody can tell that this is a run"
        raise RecordError(f"{why}, so {by_hand}") from error


def _files_of(folder: RunFolder) -> Iterator[Path]:
    """Yield the files that a run writes, but for its manifest."""
    yield from (folder.path / f"{folder.checkpoints.name}{end}" for end in ("", "-wal", "-shm", "-journal"))
    yield folder.safety
    yield folder.spent
    for place in folder.cases():
        yield from (file.path for file in place.session_files())
        yield place.course_path
    yield from folder.calls.glob("*/*.jsonl")
