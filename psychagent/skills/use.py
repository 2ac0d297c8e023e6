"""Count what finished sessions were shown of the skill library, and what their counselor made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from psychagent.domain.base import Speaker
from psychagent.domain.turn import Turn


@dataclass(frozen=True)
class Use:
    """Counts over the counselor's turns."""

    turns: int
    sizes: Mapping[int, int]
    """Turns by the number of skills that they were shown."""
    risk: int
    """Turns that were shown a skill for danger."""
    named: int
    """Turns that name a skill which they were shown."""
    other: int
    """Turns that name only what they were not shown."""

    @property
    def showing(self) -> int:
        """Turns that were shown any skill."""
        return self.turns - self.sizes.get(0, 0)

    @property
    def mean(self) -> float:
        """Skills shown a turn; 0 without a turn."""
        return sum(size * count for size, count in self.sizes.items()) / (self.turns or 1)


def count_use(sessions: Iterable[Sequence[Turn]], *, names: Mapping[str, str], risk: AbstractSet[str]) -> Use:
    """Count the counselor's turns of some sessions.

    Args:
        sessions: Their turns.
        names: Name of each skill of the library by its id.
        risk: Ids of the skills for danger.
    """
    own = [turn for turns in sessions for turn in turns if turn.speaker is Speaker.COUNSELOR]
    said = [{_plain(name) for name in turn.thoughts.skill} if turn.thoughts else set[str]() for turn in own]
    shown = [{_plain(names[skill_id]) for skill_id in turn.skills if skill_id in names} for turn in own]
    matches = [bool(one & other) for one, other in zip(said, shown, strict=True)]
    return Use(
        turns=len(own),
        sizes=Counter(len(turn.skills) for turn in own),
        risk=sum(not risk.isdisjoint(turn.skills) for turn in own),
        named=sum(matches),
        other=sum(bool(one) and not match for one, match in zip(said, matches, strict=True)),
    )


def _plain(name: str) -> str:
    return name.strip().strip(".。").casefold()
