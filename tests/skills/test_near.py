"""What is too near, and that the bundled library holds nothing of the kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from psychagent.domain.base import Language
from psychagent.domain.skill import Skill
from psychagent.skills.embed import Embedder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.near import MAX_COSINE, count_vectors, nearest_pairs, skill_vectors
from psychagent.skills.vectors import VectorCache
from tests.support.small_skills import skill_about

REWORDINGS = Path(__file__).parent / "rewordings.yaml"


def reworded(language: Language) -> list[tuple[Skill, Skill]]:
    """Pairs of a bundled skill and the same said in other words."""
    data: dict[str, Any] = yaml.safe_load(REWORDINGS.read_text(encoding="utf-8"))[language]
    bundled = {s.id: s for stage in SkillLibrary(language).all_stages() for s in stage.skills()}
    return [(bundled[key], Skill(id=f"{key}.again", **value)) for key, value in data.items()]


def test_pairs_come_nearest_first() -> None:
    skills = [skill_about("a", "sleep"), skill_about("b", "anger"), skill_about("c", "grief")]
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    pairs = nearest_pairs(skills, vectors)
    assert [(p.one.id, p.other.id) for p in pairs] == [("b", "c"), ("a", "c"), ("a", "b")]
    assert pairs[0].cosine == pytest.approx(0.8)


def test_counts_of_equal_texts_have_cosine_one_and_of_strangers_zero() -> None:
    vectors = count_vectors(["怕开会", "怕开会", "睡不着"])
    assert vectors[0] @ vectors[1] == pytest.approx(1)
    assert vectors[0] @ vectors[2] == 0


async def test_every_chinese_rewording_is_nearer_than_the_limit() -> None:
    for one, again in reworded(Language.ZH):
        pair = nearest_pairs([one, again], await skill_vectors([one, again], None))[0]
        assert pair.cosine > MAX_COSINE[Language.ZH], one.id


@pytest.mark.slow
async def test_most_english_rewordings_are_nearer_than_the_limit(minilm: Embedder) -> None:
    caught = 0
    pairs = reworded(Language.EN)
    for one, again in pairs:
        near = nearest_pairs([one, again], await skill_vectors([one, again], minilm.embed))[0]
        caught += near.cosine > MAX_COSINE[Language.EN]
    assert caught > len(pairs) / 2


@pytest.mark.slow
@pytest.mark.parametrize("language", list(Language))
async def test_the_limit_leaves_room_above_the_nearest_bundled_pair(
    language: Language, minilm: Embedder, vector_dir: Path
) -> None:
    embed = VectorCache(vector_dir, minilm).embed if language is Language.EN else None
    for stage in SkillLibrary(language).all_stages():
        skills = stage.skills()
        nearest = nearest_pairs(skills, await skill_vectors(skills, embed))[0]
        assert nearest.cosine < MAX_COSINE[language] - 0.02, (nearest.one.id, nearest.other.id)
