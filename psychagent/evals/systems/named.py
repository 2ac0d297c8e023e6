"""Name the evaluations that a command was given; loads no scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from psychagent.domain.words.cut import cut_middle
from psychagent.errors import RecordError, SettingsError
from psychagent.files.refused import refused
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import read_rows
from psychagent.records.summary import read_summary


def name_systems(given: Sequence[str]) -> dict[str, list[Path]]:
    """Name evaluations given as `PATH`, by the system that each judged, or as `NAME=PATH`.

    A name that is given more than once has one evaluation for each seed.

    Raises:
        SettingsError: If an evaluation has no name, or one that another has by itself.
        RecordError: If it cannot be read.
    """
    named: dict[str, list[Path]] = {}
    by_itself: dict[str, str] = {}
    for word in given:
        name, path = _split(word)
        own = name or _own_name(path)
        if (not name and own in named) or own in by_itself:
            other = by_itself.get(own) or str(named[own][0])
            raise SettingsError(
                f"{path} and {other} both judged {own!r}; tell them apart as NAME=PATH, or give both as "
                f"{own}=PATH if they are seeds of one system"
            )
        if not name:
            by_itself[own] = word
        named.setdefault(own, []).append(path)
    return named


def _split(word: str) -> tuple[str, Path]:
    """Split NAME=PATH; a folder whose own name holds the sign is a folder."""
    name, sign, rest = word.partition("=")
    if not sign or _exists(word):
        return "", _looked_at(word)
    if not name.strip() or not rest.strip():
        raise SettingsError(f"{word!r} is not NAME=PATH; write a name, = and an evaluation's folder")
    return name.strip(), _looked_at(rest.strip())


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:
        # too long for a name with the other half
        return False


def _looked_at(text: str) -> Path:
    """Take a text for a path that the system can look for."""
    try:
        Path(text).exists()
    except OSError as error:
        raise SettingsError(refused(cut_middle(text, _SHOWN), "used", error)) from error
    return Path(text)


_SHOWN = 100
"""Most characters of a path that a sentence repeats."""


def _own_name(path: Path) -> str:
    files = EvalFolder(path)
    files.check_table()
    told = read_summary(files.summary).baselines if files.summary.is_file() else ()
    names = sorted({*told} or {row.baseline for row in read_rows(files.table)})
    if len(names) == 1 and names[0]:
        return names[0]
    if len(names) > 1:
        raise RecordError(
            f"{path}: holds scores of several systems ({', '.join(names)}); evaluate each into its own folder"
        )
    raise SettingsError(f"{path}: does not say which system it judged; name it: NAME={path}")
