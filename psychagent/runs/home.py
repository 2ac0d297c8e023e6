"""What a folder is the home of, a run, a chat or an evaluation, so that none is written over by another."""

from __future__ import annotations

import re
from os.path import isdir, lexists
from pathlib import Path
from typing import Literal

from psychagent.errors import RecordError
from psychagent.records.chat import CHAT
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import RunFolder

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


_OURS = re.compile(
    r"(manifest|course|chat|summary|scales|session_\d+)\.json|(scores|safety|marks)\.csv|(run|eval)\.log"
    r"|checkpoints\.sqlite\S*|safety\.jsonl"
)


def require_free(path: Path, option: str) -> None:
    """Check that a file to be written is none that a run, a chat or an evaluation keeps.

    Raises:
        RecordError: If it is one; naming the option that chooses the file.
    """
    if not _OURS.fullmatch(path.name) or not path.exists():
        return
    # a session lies three folders deep: run, modality, case
    homes = [home for folder in list(path.absolute().parents)[:3] if (home := home_of(folder))]
    if homes:
        raise RecordError(f"{path}: is a file of {homes[0]}; name another {option}")
