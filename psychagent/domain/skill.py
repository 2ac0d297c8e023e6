"""Skills on four levels: modality, stage, meta-skill, atomic skill."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import Field, field_validator

from psychagent.domain.base import Modality, Record, Stage
from psychagent.domain.risk.finding import About
from psychagent.domain.text.expression import to_pattern


class _InPlace(Record):
    """What may be out of place with a client, whatever a ranking says."""

    only_if: str | None = None
    """Regular expression that the client's words or its file must match, lest it is out of place: to ask
    after a child of somebody who has none."""

    @field_validator("only_if")
    @classmethod
    def _is_expression(cls, only_if: str | None) -> str | None:
        return only_if and to_pattern(only_if).pattern

    def suits(self, known: str) -> bool:
        """Return whether it is in place with a client, given all that is known of it."""
        return self.only_if is None or bool(re.search(self.only_if, known, re.IGNORECASE))


class Skill(_InPlace):
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
    beside_danger: bool = True
    """Whether it is in place while a danger is open: who sent a client, and writing a record, can wait."""


class MetaSkill(_InPlace):
    """A family of atomic skills."""

    id: str
    name: str
    description: str
    always: bool = False
    """Whether its skills are available in every session of every stage, whatever the coarse filter picks."""
    risk: bool = False
    """Whether its skills are for danger: shown first when danger is voiced or due to be asked about, and
    not at all otherwise. The first of them is the plain question."""
    beside_danger: bool = False
    """Whether its skills are in place while a danger is open: people who may help, an ending, talk that gets
    hard. Those of other families wait until it is settled."""
    voices: bool = False
    """Whether a family for danger is for voices and pursuers: the notes have words of their own for them."""
    about: Mapping[About, tuple[str, ...]] = Field(default_factory=dict)
    """Kinds of danger that a family for danger is for, and regular expressions for what the client says where
    it is the right one; the first family for a kind stands in where none is heard."""
    skills: tuple[Skill, ...] = ()

    @field_validator("about")
    @classmethod
    def _are_expressions(cls, about: Mapping[About, tuple[str, ...]]) -> Mapping[About, tuple[str, ...]]:
        for expression in (one for kind in about.values() for one in kind):
            to_pattern(expression)
        return about

    def is_called_for(self, about: About, said: str) -> bool:
        """Return whether the client's words call for this family; `none` is any kind of danger."""
        kinds = self.about.values() if about is About.NONE else [self.about.get(about, ())]
        return any(re.search(one, said, re.IGNORECASE) for kind in kinds for one in kind)


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
