"""Fixtures of the skill tests: the embedded model once, small libraries, a counting embedder."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from psychagent.domain.base import Language, Stage
from psychagent.domain.skill import StageSkills
from psychagent.skills.convert import stage_file, to_yaml
from psychagent.skills.embed import Embedder, build_minilm
from tests.support.small_skills import CountingEmbedder, WriteLibrary, skill_about, stage_of


@pytest.fixture(scope="session")
def minilm() -> Embedder:
    """The embedded model, loaded once."""
    return build_minilm()


@pytest.fixture
def counting() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def write_library(tmp_path: Path) -> WriteLibrary:
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
def small_library(write_library: WriteLibrary) -> Path:
    """Two stages of one modality, three skills each, in English."""
    return write_library(
        stage_of(
            skill_about("a.sleep", "sleep"), skill_about("a.anger", "anger"), skill_about("a.grief", "grief")
        ),
        stage_of(
            skill_about("b.sleep", "sleep at night"),
            skill_about("b.work", "work"),
            skill_about("b.ending", "ending"),
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
