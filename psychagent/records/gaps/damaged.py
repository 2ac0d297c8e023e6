"""Files of a run that cannot be used, or are gone: its manifest, written earlier, cannot know of it."""

from __future__ import annotations

from collections.abc import Iterator

from psychagent.errors import RecordError
from psychagent.records.folder import Broken, CaseFolder, RunFolder
from psychagent.records.gaps.sessions import missing_sessions


def damaged_files(run: RunFolder) -> tuple[Broken, ...]:
    """Read every file of a run's cases, and name those that are damaged, in the wrong place or missing."""
    return tuple(broken for place in run.cases() for broken in _damaged(place))


def _damaged(place: CaseFolder) -> Iterator[Broken]:
    yield from place.sessions().broken
    if place.course_path.exists():
        try:
            place.course()
        except RecordError as error:
            reason = str(error).removeprefix(f"{place.course_path}: ")
            yield Broken(file=f"{place.name}/{place.course_path.name}", reason=reason)
    if gap := missing_sessions(place):
        yield Broken(file=f"{place.name}/{gap.path.name}", reason=gap.reason)
