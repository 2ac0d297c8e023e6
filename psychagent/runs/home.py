"""What a folder is the home of, a run, a chat, an evaluation, so that none is written over by another."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from os.path import isdir, lexists
from pathlib import Path
from typing import Literal

from psychagent.errors import RecordError
from psychagent.files.kind import resolved
from psychagent.records.chat import CHAT, UNSENT
from psychagent.records.evaluation import WORTHLESS, EvalFolder
from psychagent.records.experiments.index import INDEX
from psychagent.records.folder import COURSE, RunFolder, session_number

Home = Literal["a chat", "a run", "an evaluation", "an experiment"]


def home_of(folder: Path) -> Home | None:
    """Return what a folder is the home of; None if it is nobody's."""
    run, scores = RunFolder(folder), EvalFolder(folder)
    # a chat has a manifest too; what was stopped early has no more than its checkpoints or its log
    shown_by: dict[Home, tuple[Path, ...]] = {
        "a chat": (folder / CHAT,),
        "a run": (run.manifest_path, run.checkpoints),
        "an evaluation": (scores.summary, scores.log),
        "an experiment": (folder / INDEX,),
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
        if held := _surely_holds(parent):
            raise RecordError(
                f"{folder}: lies in {parent}, which holds {held}: {own} has a folder of its own; "
                f"name another {options}"
            )


def _surely_holds(folder: Path) -> str:
    """Say what a folder is the home of, where that is sure: a manifest or a log may be of somebody else."""
    run, scores = RunFolder(folder), EvalFolder(folder)
    scored = all(map(lexists, (scores.summary, scores.log)))
    if scored or any(map(lexists, (folder / CHAT, run.checkpoints))):
        return str(home_of(folder))
    if any(_VECTORS.fullmatch(path.name) for path in folder.glob("*.npz")):
        return "a cache of vectors"
    with suppress(RecordError):
        run.manifest()
        return str(home_of(folder))
    return ""


def _inside(folder: RunFolder | EvalFolder) -> set[str]:
    """Name all that a kind of folder holds, as its own description does."""
    found = [
        part.fget(folder) for part in vars(type(folder)).values() if isinstance(part, property) and part.fget
    ]
    return {path.name for path in found if isinstance(path, Path)}


_VECTORS = re.compile("[0-9a-f]{16}[.]npz")
"""The files of a cache of vectors."""
# absolute, because the working directory may be gone, which is told later
_ANY = Path(os.sep, "home")
_NAMES = {COURSE, CHAT, UNSENT, INDEX}.union(*(_inside(kind(_ANY)) for kind in (RunFolder, EvalFolder)))
_DEEPEST = 5
"""Folders in which a file may lie below its home: the scores of a worthless session of a case."""


def require_outside(path: Path, option: str, *, own: Path | None = None) -> None:
    """Check that what is to be written lies in no home: whoever removes or moves that takes it along.

    Args:
        path: A file or a folder, there or not.
        option: The option that names another one.
        own: The home that it is about, in whose folder it may lie.

    Raises:
        RecordError: Naming the home.
    """
    place = resolved(path)
    if own is not None and place == resolved(own):
        return
    for folder in (place, *place.parents)[: _DEEPEST + 1]:
        if held := _surely_holds(folder):
            raise RecordError(f"{path}: lies in {folder}, which holds {held}; name another {option}")


def require_free(path: Path, option: str) -> None:
    """Check that a file to be written lies in no home; one that is there already may be written again.

    Raises:
        RecordError: If it does, or is a file that a run, a chat or an evaluation keeps.
    """
    if not path.exists():
        require_outside(path, option)
        return
    for folder in list(path.absolute().parents)[:_DEEPEST]:
        if (home := home_of(folder)) and _is_kept(path.absolute().relative_to(folder)):
            raise RecordError(f"{path}: is a file of {home}; name another {option}")


def _is_kept(inside: Path) -> bool:
    """Return whether a home keeps a file, by its place in it; also what SQLite lays beside checkpoints."""
    base = inside.name.removesuffix("-wal").removesuffix("-shm").removesuffix("-journal")
    return bool(session_number(inside)) or bool({base, inside.parts[0]} & (_NAMES | {WORTHLESS}))
