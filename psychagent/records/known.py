"""What of ours stands at a path: whoever names a folder of another kind is told which it is."""

from __future__ import annotations

from contextlib import suppress
from os.path import lexists
from pathlib import Path

from psychagent.errors import RecordError
from psychagent.files.read import read_json
from psychagent.records.folder import COURSE, MANIFEST, SCORES, CaseFolder, RunFolder, session_number

RUN, CASE, EVALUATION, JUDGED_CASE = "a run", "a case of a run", "an evaluation", "a part of an evaluation"
_BY_FILE = ((SCORES, EVALUATION), (MANIFEST, RUN), ("scales.json", EVALUATION), (COURSE, CASE))


def kind_at(path: Path) -> str:
    """Say what of ours stands at a path; an empty text where nothing is recognized."""
    if path.is_file():
        return _kind_of_session(path) if session_number(path) else ""
    for name, kind in _BY_FILE:
        if lexists(path / name):
            return kind
    files = CaseFolder(path).session_files()
    return _kind_of_session(files[0].path) if files else ""


def _kind_of_session(path: Path) -> str:
    with suppress(RecordError):
        data = read_json(path)
        if isinstance(data, dict):
            return CASE if "transcript" in data else JUDGED_CASE if "scales" in data else ""
    return ""


def why_no_session(place: Path, wanted: int | None = None) -> str:
    """Say why a place has no session, or not the one that is wanted."""
    if place.is_file():
        return f"is not session {wanted}; leave out --session, or name the folder of the case"
    if there := CaseFolder(place).session_files():
        return f"has no session {wanted}; there are: {', '.join(str(file.index) for file in there)}"
    run = next((folder for folder in (place, *place.parents) if lexists(folder / MANIFEST)), None)
    if run is None:
        return "holds no session_<k>.json; name the folder of a case"
    held = [case.path for case in RunFolder(run).cases() if case.session_files()]
    if not held:
        return "no session has ended yet, and only then is it written; end one, and read it then"
    if place == run:
        return f"is a run; name the folder of one of its cases, such as {held[0]}"
    if not place.is_dir():
        return f"no such folder of a case in the run; there is, for example, {held[0]}"
    return f"no session of this case has ended yet; there is, for example, {held[0]}"
