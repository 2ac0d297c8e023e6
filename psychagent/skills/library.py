"""Read a skill library: our YAML files, or the reference release's layout, as they are."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import WORKING_STAGES, Language, Modality, Record, Stage
from psychagent.domain.profile import Text
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.domain.words.value import kind_of
from psychagent.errors import AssetError
from psychagent.files.digest import hash_file
from psychagent.files.opened import read_bytes
from psychagent.files.read import load_data, to_model

Entry = TypeVar("Entry", bound=BaseModel)


class SkillFile(Record):
    """One file of our layout."""

    modality: Modality
    stage: Stage
    language: Language
    meta_skills: tuple[MetaSkill, ...]


class SkillLibrary:
    """The skills of one language, read stage by stage on demand."""

    def __init__(self, language: Language, root: Path | None = None) -> None:
        """Open a library; None is the bundled one.

        Raises:
            AssetError: If the folder holds neither layout.
        """
        self.language = language
        self.root = asset_dir("skills", root)
        # looked up once: every stage asks, and each look lists folders
        self._reference = _reference_dir(self.root)
        self.is_reference = self._reference is not None
        if not self.is_reference and not (self.root / language.value).is_dir():
            raise AssetError(
                f"{self.root}: holds neither {language.value}/<modality>/<stage>.yaml "
                "nor sect/<modality>/stage<k>/; check 'skills_root'"
            )
        self._stages: dict[tuple[Modality, Stage], StageSkills] = {}

    def stage(self, modality: Modality, stage: Stage) -> StageSkills:
        """Return the skills of one stage.

        Raises:
            AssetError: If the stage has no file, or the file is malformed.
        """
        key = (modality, stage)
        if key not in self._stages:
            read = _read_reference if self.is_reference else self._read_ours
            self._stages[key] = read(self.path(modality, stage), modality, stage)
        return self._stages[key]

    def path(self, modality: Modality, stage: Stage) -> Path:
        """Return where a stage's skills are stored: a file of ours, or a folder of the reference."""
        if self._reference is not None:
            return self._reference / modality.value / f"stage{stage.rank + 1}"
        return self.root / self.language.value / modality.value / f"{stage.value}.yaml"

    def may_lend(self, modality: Modality, stage: Stage) -> bool:
        """Return whether a stage may have meta-skills that are marked `always`.

        A look at the file's text: reading a large library takes half a second, and few stages have any.
        """
        path = self.path(modality, stage)
        return path.is_file() and b"always" in read_bytes(path)

    def all_stages(self) -> list[StageSkills]:
        """Read every stage that has a file."""
        keys = [(m, s) for m in Modality for s in WORKING_STAGES if self.path(m, s).exists()]
        return [self.stage(m, s) for m, s in keys]

    @cached_property
    def hashes(self) -> dict[str, str]:
        """sha256 of every skill file that exists, by modality and stage."""
        digests: dict[str, str] = {}
        for m in Modality:
            for s in WORKING_STAGES:
                path = self.path(m, s)
                files = sorted(path.glob("*.json")) if path.is_dir() else [path]
                for file in files:
                    if file.is_file():
                        digests[f"skills/{m.value}/{s.value}/{file.name}"] = hash_file(file)
        return digests

    def _read_ours(self, path: Path, modality: Modality, stage: Stage) -> StageSkills:
        file = to_model(SkillFile, load_data(path), origin=str(path))
        if (file.modality, file.stage, file.language) != (modality, stage, self.language):
            raise AssetError(
                f"{path}: says {file.modality}/{file.stage}/{file.language}, which is not its place; "
                "mend the head of the file or move it"
            )
        return check_ids(StageSkills(modality=modality, stage=stage, meta_skills=file.meta_skills), path)


def skill_text(skill: Skill) -> str:
    """Write a skill as the text to embed and index, without its example and caution."""
    return f"{skill.name}. {skill.description} {skill.trigger} {skill.when_to_use}"


def check_ids(skills: StageSkills, path: Path) -> StageSkills:
    """Return the skills if every id is used once.

    Raises:
        AssetError: Naming the file and the id.
    """
    seen: set[str] = set()
    for skill_id in [m.id for m in skills.meta_skills] + [s.id for s in skills.skills()]:
        if skill_id in seen:
            raise AssetError(f"{path}: id {skill_id!r} is used twice; give one of them another")
        seen.add(skill_id)
    return skills


def _reference_dir(root: Path) -> Path | None:
    """Find the folder of the reference layout: `sect/` below the root, or the root itself."""
    for folder in (root / "sect", root):
        if any((folder / m.value).glob("stage[0-9]") for m in Modality if (folder / m.value).is_dir()):
            if any((folder / m.value).glob("stage[0-9]/meta_skills.json") for m in Modality):
                return folder
    return None


class _MetaEntry(BaseModel):
    """A meta-skill as the reference release writes it; what else it holds is ignored."""

    skill_id: Text = Field(min_length=1)
    skill_name: Text
    skill_description: Text


class _MicroEntry(_MetaEntry):
    """An atomic skill as the reference release writes it."""

    when_to_use: Text
    trigger: Text
    parent_ids: tuple[Text, ...]


def _read_reference(folder: Path, modality: Modality, stage: Stage) -> StageSkills:
    metas = _entries(folder / "meta_skills.json", _MetaEntry)
    by_parent: dict[str, list[Skill]] = {}
    for micro in _entries(folder / "micro_skills.json", _MicroEntry):
        skill = Skill(
            id=micro.skill_id,
            name=micro.skill_name,
            description=micro.skill_description,
            when_to_use=micro.when_to_use,
            trigger=micro.trigger,
        )
        parents = [p for p in micro.parent_ids if p != skill.id]
        by_parent.setdefault(parents[-1] if parents else "", []).append(skill)
    known = {meta.skill_id for meta in metas}
    stray = sorted(by_parent.keys() - known)
    if stray:
        raise AssetError(f"{folder}/micro_skills.json: parent id {stray[0]!r} is not in meta_skills.json")
    read = tuple(
        MetaSkill(
            id=meta.skill_id,
            name=meta.skill_name,
            description=meta.skill_description,
            skills=tuple(by_parent.get(meta.skill_id, ())),
        )
        for meta in metas
    )
    with_skills = tuple(meta for meta in read if meta.skills)
    return StageSkills(modality=modality, stage=stage, meta_skills=with_skills)


def _entries(path: Path, model: type[Entry]) -> list[Entry]:
    """Read the entries of a file: a list of them, or a mapping by their ids."""
    data = load_data(path)
    rows = list(data.values()) if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise AssetError(f"{path}: holds {kind_of(data)}, no list of skills; put theirs there")
    return [to_model(model, row, origin=f"{path}: entry {_id_of(row, n)!r}") for n, row in enumerate(rows, 1)]


def _id_of(row: Any, number: int) -> Any:
    return row.get("skill_id") or number if isinstance(row, dict) else number
