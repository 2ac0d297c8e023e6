"""Measure what a turn shows: gold skills among them, how many, and what is shown where nothing fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from psychagent.domain.base import WORKING_STAGES, Speaker
from psychagent.domain.risk.danger import Alarm
from psychagent.domain.skill import MetaSkill, StageSkills
from psychagent.skills.bench.gold import Moment, Rewrite
from psychagent.skills.shown import choose_shown, families_for, risk_families, risk_skills, shortlist
from psychagent.skills.store import SkillStore

Stages = Literal["own", "previous"]


@dataclass(frozen=True)
class Way:
    """One way to choose what a turn shows."""

    name: str
    stages: Stages
    most: int
    """Most skills a turn."""
    candidates: int
    """Most skills that pass the coarse filter, which here lets every family pass."""
    floor: bool
    """Whether skills that do not fit are left out."""
    by_danger: bool
    """Whether skills for danger come first when it is voiced and not at all otherwise."""


WAYS = (
    Way("own stage, five", "own", 5, 60, floor=False, by_danger=False),
    Way("own stage, three, risk by danger", "own", 3, 60, floor=False, by_danger=True),
    Way("with the stage before", "previous", 3, 100, floor=False, by_danger=True),
    Way("with a floor (the default)", "previous", 3, 100, floor=True, by_danger=True),
)
"""From what a turn showed before skills were held back, in steps, to the default."""


@dataclass(frozen=True)
class Shown:
    """What one moment is shown."""

    moment: Moment
    ids: tuple[str, ...]
    danger: bool
    risk: bool
    """Whether a skill for danger is among them."""
    earlier: int
    """How many are of the stage before."""
    late: bool | None
    """Whether a gold skill is shown when the course is one stage on; None where there is no next stage."""


@dataclass(frozen=True)
class Showing:
    """What a way shows on some moments; shares are 0 to 1."""

    hit: float
    """Moments at which at least one gold skill is shown."""
    recall: float
    """Share of a moment's gold skills that are shown, mean over moments."""
    sizes: tuple[float, ...]
    """Share of the moments with gold skills that show 0, 1, 2, ... skills."""
    risk: float
    """Moments without danger, nothing fits included, at which a skill for danger is shown."""
    quiet_empty: float
    """Moments at which nothing fits that show nothing."""
    quiet_mean: float
    """Skills shown at a moment at which nothing fits."""
    earlier: float
    """Share of the skills shown that are of the stage before."""
    late: float
    """Moments at which a gold skill is still shown when the course is one stage on; of those with a next."""

    @property
    def mean(self) -> float:
        """Skills shown at a moment with gold skills."""
        return sum(count * share for count, share in enumerate(self.sizes))


async def show_all(
    store: SkillStore,
    way: Way,
    moments: Sequence[Moment],
    rewrites: Mapping[str, Rewrite],
    voices: Callable[[str], bool],
) -> list[Shown]:
    """Choose what each moment shows, from its rewrite, among the candidates that a session would have."""
    return [await _show(store, way, moment, rewrites[moment.id], voices) for moment in moments]


async def _show(
    store: SkillStore, way: Way, moment: Moment, rewrite: Rewrite, voices: Callable[[str], bool]
) -> Shown:
    danger = rewrite.danger or voices(moment.last_words)
    alarm = Alarm.VOICED if danger else Alarm.NONE
    skills = store.stage(moment.modality, moment.stage)
    own = [line.text for line in moment.turns if line.speaker is Speaker.CLIENT]
    said = "\n".join((*own, rewrite.query))
    danger_of = families_for(skills, rewrite.about, said, said)
    ids = await _ids(store, way, skills, rewrite.query, alarm, danger_of, said)
    late = None
    if moment.skills and moment.stage is not WORKING_STAGES[-1]:
        following = store.stage(moment.modality, WORKING_STAGES[moment.stage.rank + 1])
        danger_of = families_for(following, rewrite.about, said, said)
        shown = await _ids(store, way, following, rewrite.query, alarm, danger_of, said)
        late = bool(set(moment.skills) & set(shown))
    risk = bool(set(ids) & {s.id for s in risk_skills(skills)})
    return Shown(moment, ids, danger, risk, len(set(ids) & _earlier(skills, store)), late)


async def _ids(
    store: SkillStore,
    way: Way,
    skills: StageSkills,
    query: str,
    alarm: Alarm,
    fitting: Sequence[MetaSkill],
    known: str,
) -> tuple[str, ...]:
    candidates = shortlist(skills, frozenset(meta.id for meta in skills.meta_skills), way.candidates)
    hits = await store.search(
        query, modality=skills.modality, stage=skills.stage, candidates=candidates, k=len(candidates)
    )
    return choose_shown(
        hits,
        known=known,
        risk=risk_families(skills) if way.by_danger else (),
        fitting=fitting,
        alarm=alarm if way.by_danger else Alarm.NONE,
        floor=store.floor if way.floor else 0.0,
        most=way.most,
    )


def _earlier(skills: StageSkills, store: SkillStore) -> set[str]:
    own = store.library.stage(skills.modality, skills.stage).skills()
    at_hand = {skill.id for meta in skills.meta_skills if meta.always for skill in meta.skills}
    return {skill.id for skill in skills.skills()} - {skill.id for skill in own} - at_hand


def summarize(shown: Sequence[Shown]) -> Showing:
    """Summarize what moments were shown."""
    fitting = [one for one in shown if one.moment.skills]
    quiet = [one for one in shown if not one.moment.skills]
    sizes = Counter(len(one.ids) for one in fitting)
    return Showing(
        hit=_share(fitting, lambda one: bool(_found(one))),
        recall=sum(_found(one) / len(one.moment.skills) for one in fitting) / (len(fitting) or 1),
        sizes=tuple(sizes[count] / (len(fitting) or 1) for count in range(max(sizes, default=0) + 1)),
        risk=_share([one for one in shown if not one.danger], lambda one: one.risk),
        quiet_empty=_share(quiet, lambda one: not one.ids),
        quiet_mean=sum(len(one.ids) for one in quiet) / (len(quiet) or 1),
        late=_share([one for one in shown if one.late is not None], lambda one: bool(one.late)),
        earlier=sum(one.earlier for one in shown) / (sum(len(one.ids) for one in shown) or 1),
    )


def halves(shown: Sequence[Shown]) -> tuple[list[Shown], list[Shown]]:
    """Split into tuning and held out, alternating among moments with gold skills and among the others."""
    fitting = [one for one in shown if one.moment.skills]
    quiet = [one for one in shown if not one.moment.skills]
    return fitting[0::2] + quiet[0::2], fitting[1::2] + quiet[1::2]


def _found(one: Shown) -> int:
    return len(set(one.ids) & set(one.moment.skills))


def _share(shown: Sequence[Shown], holds: Callable[[Shown], bool]) -> float:
    return sum(map(holds, shown)) / (len(shown) or 1)
