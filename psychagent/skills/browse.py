"""Walk a skill library: its languages, its stages, a skill by its id. Loads no model and no index."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.errors import AssetError
from psychagent.skills.library import SkillLibrary


@dataclass(frozen=True)
class Place:
    """A skill with its stage and its meta-skill."""

    stage: StageSkills
    meta: MetaSkill
    skill: Skill


def library_languages(root: Path | None) -> list[Language]:
    """List the languages of a library; the reference layout has no language folders, and is Chinese."""
    folder = asset_dir("skills", root)
    languages = [language for language in Language if (folder / language.value).is_dir()]
    return languages or [Language.ZH]


def choose_stages(
    library: SkillLibrary, modalities: Collection[Modality], stages: Collection[Stage]
) -> list[StageSkills]:
    """List a library's stages; an empty choice is all.

    Raises:
        AssetError: If none is left.
    """
    matches = [
        part
        for part in library.all_stages()
        if part.modality in (modalities or Modality) and part.stage in (stages or Stage)
    ]
    if not matches:
        raise AssetError(f"{library.root}: holds no skills of that modality and stage; ask for another")
    return matches


def find_skill(library: SkillLibrary, skill_id: str) -> list[Place]:
    """Find a skill by its id; ids of the reference release occur in more than one stage."""
    return [
        Place(stage, meta, skill)
        for stage in library.all_stages()
        for meta in stage.meta_skills
        for skill in meta.skills
        if skill.id == skill_id
    ]
