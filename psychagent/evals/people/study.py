"""Several runs as one study: which runs are of one system, and their dialogues."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.evals.pairwise.systems import System, read_systems, split_given


@dataclass(frozen=True)
class Studied:
    """One system and its runs, such as one for each seed."""

    name: str
    runs: tuple[System, ...]


def name_runs(given: Sequence[str]) -> dict[str, list[Path]]:
    """Name runs by what is given: `NAME=PATH`, or a path, whose last part names it.

    A NAME that is given more than once has several runs.

    Raises:
        SettingsError: If a path alone has the name of another run, or one folder is given twice.
    """
    named: dict[str, list[Path]] = {}
    by_itself: set[str] = set()
    for name, path, is_named in split_given(given):
        if name in by_itself or (name in named and not is_named):
            raise SettingsError(
                f"{path} and {named[name][0]} are both called {shown(name)}; tell them apart as NAME=PATH, "
                f"or give both as {name}=PATH if they are runs of one system"
            )
        if not is_named:
            by_itself.add(name)
        named.setdefault(name, []).append(path)
    return named


def read_study(
    runs: Mapping[str, Sequence[Path]], cases: Collection[str] | None = None
) -> tuple[list[Studied], list[str]]:
    """Read the dialogues of all runs; return them with a sentence on each file that cannot be used.

    Args:
        runs: Name of a system -> its runs.
        cases: The cases to take, as `<modality>/<id>`; None is all that are found.

    Raises:
        SettingsError: If a folder is not there, holds several runs, or holds no dialogue of these cases.
    """
    studied, notes = [], []
    for name, roots in runs.items():
        read = []
        for root in roots:
            (system,), broken = read_systems({name: root})
            read.append(_of_cases(system, cases))
            notes += broken
        studied.append(Studied(name, tuple(read)))
    return studied, notes


def _of_cases(system: System, cases: Collection[str] | None) -> System:
    if cases is None:
        return system
    kept = {place: one for place, one in system.sessions.items() if "/".join(place[:2]) in cases}
    if not kept:
        raise SettingsError(f"{system.root}: holds no session of {system.name} on the cases that are studied")
    return replace(system, sessions=kept)
