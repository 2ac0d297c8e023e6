"""Convert a library of the reference layout to our files; ids and words stay as they are."""

from __future__ import annotations

from pathlib import Path

import yaml

from psychagent.domain.base import Language
from psychagent.domain.skill import StageSkills
from psychagent.errors import AssetError
from psychagent.files.read import load_data
from psychagent.files.write import write_text
from psychagent.skills.library import SkillLibrary


def convert_library(source: Path, out: Path, language: Language) -> list[tuple[StageSkills, int]]:
    """Write `<out>/<language>/<modality>/<stage>.yaml` for every stage of a reference library.

    Returns:
        Each stage, with the number of its meta-skills that hold no skill of their own and are left out.

    Raises:
        AssetError: If the source is not of the reference layout, or a file would be overwritten.
        RecordError: If a file cannot be written.
    """
    library = SkillLibrary(language, source)
    if not library.is_reference:
        raise AssetError(f"{source}: not of the reference layout (sect/<modality>/stage<k>/meta_skills.json)")
    stages = library.all_stages()
    files = [(stage_file(out, language, stage), stage) for stage in stages]
    for path, _ in files:
        if path.exists():
            raise AssetError(f"{path}: exists already; name an empty folder with --out")
    for path, stage in files:
        write_text(path, to_yaml(stage, language))
    return [(stage, _left_out(library, stage)) for stage in stages]


def stage_file(root: Path, language: Language, stage: StageSkills) -> Path:
    """Return the path of a stage in our layout."""
    return root / language.value / stage.modality.value / f"{stage.stage.value}.yaml"


def to_yaml(stage: StageSkills, language: Language) -> str:
    """Write a stage as a file of our layout."""
    data = {
        "modality": stage.modality.value,
        "stage": stage.stage.value,
        "language": language.value,
        "meta_skills": [meta.model_dump(mode="json", exclude_defaults=True) for meta in stage.meta_skills],
    }
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1_000_000))


def _left_out(library: SkillLibrary, stage: StageSkills) -> int:
    listed = load_data(library.path(stage.modality, stage.stage) / "meta_skills.json")
    return len(listed) - len(stage.meta_skills)
