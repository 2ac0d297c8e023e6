"""Report the sessions that courses lack: their means are not those of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from psychagent.domain.base import SCHOOLS
from psychagent.records.folder import Broken, CaseFolder, session_number
from psychagent.records.gaps.sessions import missing_sessions


def find_gaps(files: Sequence[Path], root: Path) -> Iterator[Broken]:
    """Yield what is missing in the courses that some files are of; none where one file alone was named."""
    sessions = (path for path in files if session_number(path)) if root.is_dir() else ()
    cases = {path.parent for path in sessions if path.absolute().parents[1].name in SCHOOLS}
    for case in sorted(cases):
        if gap := missing_sessions(CaseFolder(case)):
            yield Broken(file=gap.path.relative_to(root).as_posix(), reason=gap.reason)
