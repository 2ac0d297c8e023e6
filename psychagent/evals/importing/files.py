"""List the files that may hold sessions to judge; reads none of them."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

from psychagent.errors import SettingsError
from psychagent.evals.importing.messages import LINES
from psychagent.evals.importing.text import SUFFIXES as TEXT
from psychagent.records.chat import CHAT
from psychagent.records.evaluation import SUMMARY
from psychagent.records.folder import COURSE, MANIFEST, RunFolder, runs_at
from psychagent.records.summary import InputFormat

_SUFFIXES: dict[InputFormat, set[str]] = {
    "auto": {".json", *LINES, *TEXT},
    **dict.fromkeys(("run", "eval_case", "psycheval"), {".json"}),
    **dict.fromkeys(("messages", "sharegpt"), {".json", *LINES}),
    "text": TEXT,
}
_BOOKKEEPING = {COURSE, MANIFEST, SUMMARY, CHAT}


def find_files(root: Path, input_format: InputFormat = "auto") -> list[Path]:
    """List the files that may hold sessions.

    Raises:
        SettingsError: If the folder or file does not exist.
    """
    if not root.exists():
        raise SettingsError(f"{root} does not exist; name a run folder, a session file or a case file")
    if root.is_file():
        return [root]
    if runs_at(root) == [RunFolder(root)]:
        return [file.path for case in RunFolder(root).cases() for file in case.session_files()]
    kinds = _SUFFIXES[input_format]
    paths = (p for p in root.rglob("*") if p.suffix.lower() in kinds and not p.name.startswith("."))
    return sorted(p for p in paths if p.name not in _BOOKKEEPING and not _is_beside(p, root))


def _is_beside(path: Path, root: Path) -> bool:
    """Return whether a file is no JSON and stands in a run or an evaluation: a log, a journal, an audit."""
    folders = takewhile(lambda folder: folder != root.parent, path.parents)
    return path.suffix.lower() != ".json" and any(
        (folder / name).is_file() for folder in folders for name in (MANIFEST, SUMMARY)
    )
