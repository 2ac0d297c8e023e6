"""Fixtures of the skill tests: the embedded model once, small libraries, a counting embedder."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml

from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.skills.convert import stage_file, to_yaml
from psychagent.skills.embed import Embedder, Vectors, build_minilm, normalize

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def minilm() -> Embedder:
    """The embedded model, loaded once."""
    return build_minilm()


class CountingEmbedder:
    """Hashes words into vectors, and remembers what it was asked."""

    def __init__(self, name: str = "counting", size: int = 997) -> None:
        self.name = name
        self.asked: list[str] = []
        self._size = size

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        vectors = np.full((len(texts), self._size), 0.01, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, zlib.crc32(word.encode()) % self._size] += 1
        return normalize(vectors)


@pytest.fixture
def counting() -> CountingEmbedder:
    return CountingEmbedder()


def skill(skill_id: str, words: str, **over: str) -> Skill:
    """Make a skill that speaks of some words only."""
    given = {
        "name": f"About {words}",
        "description": f"Speak with the client of {words} and write down together what follows from it now.",
        "when_to_use": f"When {words} has come up and the client can look at it.",
        "trigger": f"The client speaks about {words} more than once and then stops.",
    }
    return Skill(id=skill_id, **(given | over))


def stage_of(
    *skills: Skill, modality: Modality = Modality.CBT, stage: Stage = Stage.INTERVENTION
) -> StageSkills:
    """Put skills under one meta-skill of a stage."""
    meta = MetaSkill(
        id=f"{modality}.{stage}.all",
        name="Everything there is",
        description="All skills of this small stage, which is made for tests only.",
        skills=skills,
    )
    return StageSkills(modality=modality, stage=stage, meta_skills=(meta,))


Write = Callable[..., Path]


@pytest.fixture
def write_library(tmp_path: Path) -> Write:
    """Write stages as a library of our layout, and return its folder."""

    def write(*stages: StageSkills, language: Language = Language.EN) -> Path:
        root = tmp_path / "skills"
        for stage in stages:
            path = stage_file(root, language, stage)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(to_yaml(stage, language), encoding="utf-8")
        return root

    return write


@pytest.fixture
def small_library(write_library: Write) -> Path:
    """Two stages of one modality, three skills each, in English."""
    return write_library(
        stage_of(skill("a.sleep", "sleep"), skill("a.anger", "anger"), skill("a.grief", "grief")),
        stage_of(
            skill("b.sleep", "sleep at night"),
            skill("b.work", "work"),
            skill("b.ending", "ending"),
            stage=Stage.CONSOLIDATION,
        ),
    )


@pytest.fixture
def reference_root(tmp_path: Path) -> Path:
    """A small library of the reference layout, with a meta-skill that holds none of its own."""
    folder = tmp_path / "given" / "sect" / "cbt" / "stage2"
    folder.mkdir(parents=True)
    metas = {
        "1": {"skill_id": "1", "skill_name": "思维", "skill_description": "处理想法。", "parent_ids": ["1"]},
        "2": {
            "skill_id": "2",
            "skill_name": "证据",
            "skill_description": "看证据。",
            "parent_ids": ["1", "2"],
        },
    }
    micros = {
        "32": {
            "skill_id": "32",
            "skill_name": "找证据",
            "skill_description": "一起写下支持和不支持的证据。",
            "when_to_use": "想法很强的时候。",
            "trigger": "来访者把结论当成事实。",
            "parent_ids": ["1", "2", "32"],
        }
    }
    for name, data in (("meta_skills", metas), ("micro_skills", micros)):
        # YAML is a superset of JSON, and its flow style is JSON here
        text = yaml.safe_dump(
            data, allow_unicode=True, default_flow_style=True, default_style='"', width=10**6
        )
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path / "given"
