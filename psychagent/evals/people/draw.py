"""Draw sessions for people to rate, balanced over systems and schools."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from psychagent.domain.seed import derive_seed
from psychagent.errors import SettingsError
from psychagent.evals.find import JudgeInput
from psychagent.evals.pairwise.systems import SessionPlace, System


class Drawn(NamedTuple):
    """One session of one system."""

    system: str
    session: JudgeInput

    @property
    def name(self) -> str:
        """Name the dialogue as `psychagent agree` does: system, modality, case and session."""
        modality, case, index = self.session.place
        return f"{self.system}/{modality}/{case}/session_{index}"


def draw_sessions(systems: Sequence[System], number: int, seed: int) -> list[Drawn]:
    """Draw sessions in turn from every system and school, so that neither has more than its share.

    The order within a school is the same for all systems: where they share cases, the same case and session
    is drawn of each, which makes systems comparable.

    Raises:
        SettingsError: If there are fewer sessions.
    """
    there = sum(len(system.sessions) for system in systems)
    if number > there:
        raise SettingsError(f"--sessions is {number}, the runs hold {there}; draw fewer")
    schools = sorted({place[0] for system in systems for place in system.sessions})
    turns = sorted(
        # by diagonals: where a round is not drawn to its end, neither systems nor schools go short
        (rank, (schools.index(school) - column) % len(schools), column, place)
        for column, system in enumerate(systems)
        for school, rank, place in _ranked(system, seed)
    )
    return [Drawn(systems[n].name, systems[n].sessions[place]) for *_, n, place in turns[:number]]


def _ranked(system: System, seed: int) -> Iterator[tuple[str, int, SessionPlace]]:
    by_school: dict[str, list[SessionPlace]] = {}
    for place in sorted(system.sessions, key=lambda place: (derive_seed(seed, *place), place)):
        by_school.setdefault(place[0], []).append(place)
    for school, places in by_school.items():
        for rank, place in enumerate(places):
            yield school, rank, place


def shuffled(drawn: Sequence[Drawn], rater: str, seed: int, repeats: int = 0) -> list[Drawn]:
    """Order sessions for one rater; the repeats are some of the first half, again after all others."""
    order = list(drawn)
    draw = random.Random(f"{seed}:{rater}")
    draw.shuffle(order)
    again = order[: max(1, len(order) // 2)]
    draw.shuffle(again)
    return [*order, *again[:repeats]]
