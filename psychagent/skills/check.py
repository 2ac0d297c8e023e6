"""Check a skill library: schema, ids, lengths, empty fields, both languages, pairs that are too similar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

from psychagent.domain.base import WORKING_STAGES, Language, Modality
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.errors import AssetError
from psychagent.skills.browse import library_languages
from psychagent.skills.library import SkillLibrary
from psychagent.skills.near import EmbedTexts, nearest_pairs, skill_vectors

Bounds = Mapping[str, tuple[int, int]]

LENGTHS: dict[Language, Bounds] = {
    Language.EN: {
        "name": (8, 60),
        "description": (70, 240),
        "when_to_use": (40, 200),
        "trigger": (40, 180),
        "caution": (30, 180),
        "example": (40, 190),
    },
    Language.ZH: {
        "name": (3, 16),
        "description": (22, 64),
        "when_to_use": (14, 54),
        "trigger": (12, 46),
        "caution": (10, 46),
        "example": (14, 52),
    },
}
"""Characters of a skill's fields: long enough to be concrete, short enough for five in a prompt."""

META_LENGTHS: dict[Language, Bounds] = {
    Language.EN: {"description": (50, 240)},
    Language.ZH: {"description": (15, 70)},
}


def read_stages(library: SkillLibrary) -> tuple[list[StageSkills], list[str]]:
    """Read every readable stage, and report what is wrong with the others."""
    stages, problems = [], []
    for modality in Modality:
        for stage in WORKING_STAGES:
            if library.path(modality, stage).exists():
                try:
                    stages.append(library.stage(modality, stage))
                except AssetError as error:
                    problems.append(str(error))
    return stages, problems


def check_fields(stages: Sequence[StageSkills]) -> Iterator[str]:
    """Find fields that are present but empty."""
    for stage in stages:
        for meta in stage.meta_skills:
            at = f"{place(stage)}: {meta.id}"
            yield from (f"{at}: {name} is empty" for name in _empty(meta, ("name", "description")))
            if not meta.skills:
                yield f"{at}: holds no atomic skill"
        for skill in stage.skills():
            empty = _empty(skill, tuple(Skill.model_fields))
            yield from (f"{place(stage)}: {skill.id}: {name} is empty" for name in empty)


def _empty(record: MetaSkill | Skill, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = getattr(record, name)
        if isinstance(value, str) and not value.strip():
            yield name


def check_lengths(stages: Sequence[StageSkills], language: Language) -> Iterator[str]:
    """Find fields that are too short or too long."""
    for stage in stages:
        for meta in stage.meta_skills:
            yield from (f"{place(stage)}: {off}" for off in _off_length(meta, META_LENGTHS[language]))
        for skill in stage.skills():
            yield from (f"{place(stage)}: {off}" for off in _off_length(skill, LENGTHS[language]))


def _off_length(record: MetaSkill | Skill, bounds: Bounds) -> Iterator[str]:
    for name, (least, most) in bounds.items():
        value = getattr(record, name)
        if value is not None and not least <= len(value) <= most:
            yield f"{record.id}: {name} has {len(value)} characters, not {least} to {most}"


def check_ids(stages: Sequence[StageSkills]) -> Iterator[str]:
    """Find ids that are used more than once in the library."""
    places: dict[str, list[str]] = {}
    for stage in stages:
        for skill_id in stage_ids(stage):
            places.setdefault(skill_id, []).append(place(stage))
    for skill_id, used in places.items():
        if len(used) > 1:
            yield f"{', '.join(used)}: {skill_id}: used {len(used)} times"


def place(stage: StageSkills) -> str:
    """Say where a stage stands: ids may repeat between stages."""
    return f"{stage.modality}/{stage.stage}"


def stage_ids(stage: StageSkills) -> list[str]:
    """List the ids of a stage in file order, each meta-skill before its skills."""
    return [part for meta in stage.meta_skills for part in (meta.id, *(skill.id for skill in meta.skills))]


def check_languages(by_language: Mapping[Language, Sequence[StageSkills]]) -> Iterator[str]:
    """Find stages that do not hold the same ids in the same order in every language."""
    known = {
        language: {(stage.modality, stage.stage): stage_ids(stage) for stage in stages}
        for language, stages in by_language.items()
    }
    first, *others = known
    for other in others:
        for key in sorted(known[first].keys() | known[other].keys()):
            ours, theirs = known[first].get(key, []), known[other].get(key, [])
            if ours != theirs:
                same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False))))
                at = (ours + [""] * 9)[same] or "its end"
                yield f"{key[0]}/{key[1]}: {first} and {other} hold different ids or orders, from {at}"


async def check_pairs(
    stages: Sequence[StageSkills], embed: EmbedTexts | None, max_cosine: float
) -> list[str]:
    """Find pairs of skills of one stage whose cosine is above a limit."""
    problems = []
    for stage in stages:
        skills = stage.skills()
        pairs = nearest_pairs(skills, await skill_vectors(skills, embed))
        near = takewhile(lambda pair: pair.cosine > max_cosine, pairs)
        problems += [
            f"{place(stage)}: {pair.one.id} and {pair.other.id}: cosine {pair.cosine:.3f}, "
            f"more than {max_cosine:g}; reword one"
            for pair in near
        ]
    return problems


async def check_library(
    root: Path | None,
    *,
    embed: Callable[[Language], EmbedTexts | None],
    max_cosine: Mapping[Language, float],
    house_rules: bool = True,
) -> list[str]:
    """List everything that is wrong with a library; empty if nothing is.

    Args:
        root: Its folder; None is the bundled one.
        embed: Embeds texts of a language to measure similarity; None counts words or characters.
        max_cosine: Largest cosine of two skills of a stage.
        house_rules: Also require our lengths, ids used once in the whole library, and the same ids in
            every language; an imported library follows none of these.
    """
    by_language: dict[Language, list[StageSkills]] = {}
    problems: list[str] = []
    for language in library_languages(root):
        stages, findings = read_stages(SkillLibrary(language, root))
        by_language[language] = stages
        findings += check_fields(stages)
        if house_rules:
            findings += [*check_lengths(stages, language), *check_ids(stages)]
        findings += await check_pairs(stages, embed(language), max_cosine[language])
        problems += [f"[{language}] {problem}" for problem in findings]
    if house_rules:
        problems += check_languages(by_language)
    return problems
