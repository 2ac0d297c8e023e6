"""Skills on four levels: modality, stage, meta-skill, atomic skill."""

from __future__ import annotations

from psychagent.domain.base import Modality, Record, Stage


class Skill(Record):
    """An atomic skill: one concrete move of a counselor."""

    id: str
    name: str
    description: str
    """What to do, concretely."""
    when_to_use: str
    """Phase, goal and state of the client."""
    trigger: str
    """What the client says or does, observable."""
    caution: str | None = None
    """When not to use it."""
    example: str | None = None
    """What a counselor might say at such a moment."""


class MetaSkill(Record):
    """A family of atomic skills."""

    id: str
    name: str
    description: str
    always: bool = False
    """Whether its skills are available in every session of every stage, whatever the coarse filter picks."""
    risk: bool = False
    """Whether its skills are for danger: shown first when danger is voiced or due to be asked about, and
    not at all otherwise. The first of them is the plain question."""
    skills: tuple[Skill, ...] = ()


class StageSkills(Record):
    """All skills of one modality at one stage: the unit of one index."""

    modality: Modality
    stage: Stage
    meta_skills: tuple[MetaSkill, ...]

    def skills(self) -> tuple[Skill, ...]:
        """List the atomic skills in file order."""
        return tuple(skill for meta in self.meta_skills for skill in meta.skills)

    def of_metas(self, meta_ids: frozenset[str]) -> tuple[Skill, ...]:
        """List the atomic skills under some meta-skills, in file order."""
        return tuple(s for meta in self.meta_skills if meta.id in meta_ids for s in meta.skills)
