"""Count what finished sessions were shown of the skill library, and what their counselor made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from psychagent.domain.base import Speaker
from psychagent.domain.skill import Skill, StageSkills
from psychagent.domain.turn import Turn
from psychagent.skills.shown import risk_skills


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


def count_use(sessions: Iterable[tuple[Sequence[Turn], StageSkills]]) -> Use:
    """Count the counselor's turns of some sessions.

    Args:
        sessions: The turns of each, with the skills that it may draw on: a library may give one id to
            skills of two modalities or stages.
    """
    seen = [
        seen_turn
        for turns, stage in sessions
        for seen_turn in _look(turns, {skill.id: skill.name for skill in stage.skills()}, risk_skills(stage))
    ]
    return Use(
        turns=len(seen),
        sizes=Counter(turn.size for turn in seen),
        risk=sum(turn.is_risk for turn in seen),
        named=sum(turn.matches for turn in seen),
        other=sum(turn.names_any and not turn.matches for turn in seen),
    )


@dataclass(frozen=True)
class _Seen:
    """One turn of a counselor."""

    size: int
    is_risk: bool
    names_any: bool
    matches: bool


def _look(turns: Sequence[Turn], names: Mapping[str, str], risk: Sequence[Skill]) -> Iterator[_Seen]:
    for turn in turns:
        if turn.speaker is not Speaker.COUNSELOR:
            continue
        said = {_plain(name) for name in turn.thoughts.skill} if turn.thoughts else set[str]()
        shown = {_plain(names[skill_id]) for skill_id in turn.skills if skill_id in names}
        yield _Seen(
            size=len(turn.skills),
            is_risk=not {skill.id for skill in risk}.isdisjoint(turn.skills),
            names_any=bool(said),
            matches=bool(said & shown),
        )


def _plain(name: str) -> str:
    return name.strip().strip(".。").casefold()
