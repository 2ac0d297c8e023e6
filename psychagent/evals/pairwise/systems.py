"""The dialogues of several systems, and which of them meet: the same case at the same session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from os.path import lexists
from pathlib import Path

from psychagent.domain.base import Language
from psychagent.domain.seed import derive_seed
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.evals.find import JudgeInput, Search, find_sessions
from psychagent.evals.summary import manifests_of
from psychagent.files.given import to_path
from psychagent.files.kind import resolved

SessionPlace = tuple[str, str, int]
"""Modality, case and session index."""


@dataclass(frozen=True)
class System:
    """One system under study and its dialogues."""

    name: str
    root: Path
    sessions: Mapping[SessionPlace, JudgeInput]
    models: tuple[str, ...] = ()
    """Models that played in its runs."""
    is_script: bool = False
    """Whether a script played a role in them."""


@dataclass(frozen=True)
class Meeting:
    """Two systems on one case at one session."""

    one: str
    other: str
    ours: JudgeInput
    theirs: JudgeInput

    @property
    def place(self) -> SessionPlace:
        """Modality, case and session index."""
        return self.ours.place

    @property
    def is_dangerous(self) -> bool:
        """Whether danger was voiced in either dialogue."""
        return self.ours.danger.is_voiced or self.theirs.danger.is_voiced


def name_systems(given: Sequence[str]) -> dict[str, Path]:
    """Name systems by what is given: `NAME=PATH`, or a path, whose last part that tells it apart names it.

    Raises:
        SettingsError: If two have one name, or one folder is given twice.
    """
    named = [(name, path) for name, path, _ in split_given(given)]
    for name, times in Counter(name for name, _ in named).items():
        if times > 1:
            raise SettingsError(f"{times} systems are called {shown(name)}; name them: NAME=PATH")
    return dict(named)


def split_given(given: Sequence[str]) -> list[tuple[str, Path, bool]]:
    """Split what is given into a name, a folder, and whether the name was said.

    Raises:
        SettingsError: If one folder is given twice.
    """
    split: list[tuple[str, Path, bool]] = []
    for text in given:
        name, mark, path = text.partition("=")
        is_named = bool(mark and name.strip() and "/" not in name) and not lexists(text)
        root = to_path(path if is_named else text, "a run")
        split.append((name.strip() if is_named else resolved(root).name or text, root, is_named))
    for folder, times in Counter(resolved(path) for _, path, _ in split).items():
        if times > 1:
            raise SettingsError(f"{folder} is given {times} times; name each system once")
    return split


def read_systems(
    roots: Mapping[str, Path], language: Language | None = None, cases: frozenset[str] | None = None
) -> tuple[list[System], list[str]]:
    """Read the dialogues of systems; return them with a sentence on each file that cannot be used.

    Raises:
        SettingsError: If a folder is not there, holds several runs, or holds no dialogue.
    """
    systems, broken = [], []
    for name, root in roots.items():
        inputs, left_out = find_sessions(Search(root, language=language))
        if cases is not None:
            inputs = [item for item in inputs if "/".join(item.place[:2]) in cases]
        if not inputs:
            raise SettingsError(f"{root}: holds no session of {name}; name the folder of its run")
        broken += [f"{name}: {item.file} is left out ({item.reason})" for item in left_out]
        manifests = manifests_of(root, inputs)
        models = {model for manifest in manifests for model in manifest.models.values()}
        is_script = any(manifest.is_script for manifest in manifests)
        sessions = {item.place: item for item in inputs}
        systems.append(System(name, root, sessions, tuple(sorted(models)), is_script))
    return systems, broken


def find_meetings(systems: Sequence[System], most: int | None = None) -> list[Meeting]:
    """List which dialogues meet.

    Args:
        systems: Two or more.
        most: Most meetings of each pair of systems; drawn by lot, in turn from each school, so that a larger
            number holds all of a smaller one.
    """
    return [meeting for one, other in combinations(systems, 2) for meeting in _meetings(one, other, most)]


def _meetings(one: System, other: System, most: int | None) -> Iterator[Meeting]:
    common = sorted(one.sessions.keys() & other.sessions.keys(), key=_drawn)
    by_school: dict[str, list[SessionPlace]] = {}
    for place in common:
        by_school.setdefault(place[0], []).append(place)
    in_turn = sorted(
        (rank, school, place) for school, places in by_school.items() for rank, place in enumerate(places)
    )
    for _, _, place in in_turn[:most]:
        yield Meeting(one.name, other.name, one.sessions[place], other.sessions[place])


def _drawn(place: SessionPlace) -> tuple[int, SessionPlace]:
    return derive_seed("pairwise", *place), place
