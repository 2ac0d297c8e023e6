"""Draw sessions for people to rate, balanced over systems and schools."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from psychagent.domain.seed import derive_seed
from psychagent.errors import SettingsError
from psychagent.evals.find import JudgeInput
from psychagent.evals.people.study import Studied

USUAL = 60
"""Most sessions that are drawn where no number is said: what a rater can read in days."""


class Drawn(NamedTuple):
    """One session of one system."""

    system: str
    session: JudgeInput
    run: int = 0
    """Which of the system's runs, from 1; 0 where it has one alone."""

    @property
    def name(self) -> str:
        """Name the dialogue as `psychagent agree` does: system, run, modality, case and session."""
        modality, case, index = self.session.place
        run = f"run_{self.run}/" if self.run else ""
        return f"{self.system}/{run}{modality}/{case}/session_{index}"


def draw_sessions(systems: Sequence[Studied], number: int | None, seed: int) -> list[Drawn]:
    """Draw sessions in turn from every system and school, so that neither has more than its share.

    The order within a school is the same for all systems: where they share cases, the same case and session
    is drawn of each, which makes systems comparable. Of a system with several runs a second dialogue of the
    same case and session is drawn only after one of each. Where no number is said, it is all that there
    are, at most `USUAL`.

    Raises:
        SettingsError: If there are fewer sessions.
    """
    ranked = [list(_ranked(system, seed)) for system in systems]
    there = sum(map(len, ranked))
    if number is None:
        number = min(there, USUAL)
    if number > there:
        raise SettingsError(f"--sessions is {number}, the runs hold {there}; draw fewer")
    schools = sorted({school for sessions in ranked for school, _, _ in sessions})
    turns = sorted(
        (
            # by diagonals: where a round is not drawn to its end, neither systems nor schools go short
            ((rank, (schools.index(school) - column) % len(schools), column, one.session.place), one)
            for column, sessions in enumerate(ranked)
            for school, rank, one in sessions
        ),
        key=lambda turn: turn[0],
    )
    return [one for _, one in turns[:number]]


def _ranked(system: Studied, seed: int) -> Iterator[tuple[str, int, Drawn]]:
    ranks: Counter[str] = Counter()
    for one in _in_order(system, seed):
        school = one.session.place[0]
        yield school, ranks[school], one
        ranks[school] += 1


def _in_order(system: Studied, seed: int) -> Iterator[Drawn]:
    """Yield the sessions of a system by lot, each place of one run or another before any place again."""
    runs = system.runs
    places = sorted(
        {place for run in runs for place in run.sessions},
        key=lambda place: (derive_seed(seed, *place), place),
    )
    seen: set[str] = set()
    for time in range(len(runs)):
        for place in places:
            number = (derive_seed(seed, "run", *place) + time) % len(runs)
            session = runs[number].sessions.get(place)
            # runs of one system may hold the same words, and nobody need read them twice
            if session is not None and (len(runs) == 1 or session.dialogue.hash not in seen):
                seen.add(session.dialogue.hash)
                yield Drawn(system.name, session, number + 1 if len(runs) > 1 else 0)


def shuffled(drawn: Sequence[Drawn], rater: str, seed: int, repeats: int = 0) -> list[Drawn]:
    """Order sessions for one rater; the repeats are some of the first half, again after all others."""
    order = list(drawn)
    draw = random.Random(f"{seed}:{rater}")
    draw.shuffle(order)
    again = order[: max(1, len(order) // 2)]
    draw.shuffle(again)
    return [*order, *again[:repeats]]
