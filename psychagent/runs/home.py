"""What a folder is the home of, a run, a chat or an evaluation, so that none is written over by another."""

from __future__ import annotations

from contextlib import suppress
from os.path import isdir, lexists
from pathlib import Path
from typing import Literal

from psychagent.errors import RecordError
from psychagent.files.kind import resolved
from psychagent.records.chat import CHAT, UNSENT
from psychagent.records.evaluation import WORTHLESS, EvalFolder
from psychagent.records.folder import COURSE, RunFolder, session_number

Home = Literal["a chat", "a run", "an evaluation"]


def home_of(folder: Path) -> Home | None:
    """Return what a folder is the home of; None if it is nobody's."""
    run, scores = RunFolder(folder), EvalFolder(folder)
    # a chat has a manifest too; what was stopped early has no more than its checkpoints or its log
    shown_by: dict[Home, tuple[Path, ...]] = {
        "a chat": (folder / CHAT,),
        "a run": (run.manifest_path, run.checkpoints),
        "an evaluation": (scores.summary, scores.log),
    }
    return next((home for home, files in shown_by.items() if any(map(lexists, files))), None)


def require_home(folder: Path, own: Home, options: str) -> None:
    """Check that a folder is nobody's home, or of the kind that is to be written there.

    Raises:
        RecordError: If it is another one's, or no folder can be there; naming the options that choose it.
    """
    place = next(filter(lexists, (folder, *folder.absolute().parents)))
    if not isdir(place):
        raise RecordError(f"{place}: is no folder; name another {options}")
    found = home_of(folder)
    if found not in (None, own):
        raise RecordError(f"{folder}: holds {found}, not {own}; name another {options}")
    for parent in resolved(folder).parents[:_DEEPEST]:
        if _is_surely_home(parent):
            raise RecordError(
                f"{folder}: lies in {parent}, which holds {home_of(parent)}: {own} has a folder of its own; "
                f"name another {options}"
            )


def _is_surely_home(folder: Path) -> bool:
    """Return whether a folder above another is a home: a manifest or a log may be of somebody else."""
    run, scores = RunFolder(folder), EvalFolder(folder)
    scored = all(map(lexists, (scores.summary, scores.log)))
    if scored or any(map(lexists, (folder / CHAT, run.checkpoints))):
        return True
    with suppress(RecordError):
        run.manifest()
        return True
    return False


def _inside(folder: RunFolder | EvalFolder) -> set[str]:
    """Name all that a kind of folder holds, as its own description does."""
    found = [
        part.fget(folder) for part in vars(type(folder)).values() if isinstance(part, property) and part.fget
    ]
    return {path.name for path in found if isinstance(path, Path)}


_NAMES = {COURSE, CHAT, UNSENT}.union(*(_inside(kind(Path("home"))) for kind in (RunFolder, EvalFolder)))
_DEEPEST = 5
"""Folders in which a file may lie below its home: the scores of a worthless session of a case."""


def require_free(path: Path, option: str) -> None:
    """Check that a file to be written is none that a run, a chat or an evaluation keeps.

    Raises:
        RecordError: If it is one; naming the option that chooses the file.
    """
    if not path.exists():
        return
    for folder in list(path.absolute().parents)[:_DEEPEST]:
        if (home := home_of(folder)) and _is_kept(path.absolute().relative_to(folder)):
            raise RecordError(f"{path}: is a file of {home}; name another {option}")


def _is_kept(inside: Path) -> bool:
    """Return whether a home keeps a file, by its place in it; also what SQLite lays beside checkpoints."""
    base = inside.name.removesuffix("-wal").removesuffix("-shm").removesuffix("-journal")
    return bool(session_number(inside)) or bool({base, inside.parts[0]} & (_NAMES | {WORTHLESS}))
