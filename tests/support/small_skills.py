"""Small skill libraries for tests: skills about a few words, and an embedder that counts what it is asked."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from psychagent.domain.base import Modality, Stage
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.skills.encoders import Vectors, normalize

WriteLibrary = Callable[..., Path]
"""Writes stages as a library of our layout, and returns its folder."""


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


def skill_about(skill_id: str, words: str, **over: str) -> Skill:
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
