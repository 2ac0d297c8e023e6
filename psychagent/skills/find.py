"""Search skills for a person: over several stages at once, with each skill's similarities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from psychagent.domain.base import Modality, Stage
from psychagent.domain.skill import Skill, StageSkills
from psychagent.skills.index import StageIndex
from psychagent.skills.library import skill_text
from psychagent.skills.vectors import VectorCache


@dataclass(frozen=True)
class Match:
    """A skill, where it stands, and how similar it is to the text searched for."""

    modality: Modality
    stage: Stage
    skill: Skill
    cosine: float | None
    """Of the embeddings, -1 to 1; None without an embedder."""
    bm25: float
    """0 and more."""
    score: float
    """What the order goes by: of the fusion, or of the one ranking there is."""


async def search_stages(
    stages: Collection[StageSkills],
    text: str,
    *,
    embedder: VectorCache | None,
    words: bool,
    k: int,
) -> list[Match]:
    """Find the nearest skills over all the stages, best first.

    Args:
        stages: Where to look.
        text: What to look for.
        embedder: Ranks by meaning; None leaves that out.
        words: Whether to rank by words; with an embedder both rankings are fused.
        k: Most skills.
    """
    # by row, not by id: a library may give one id to skills of two modalities
    found = [(stage, skill) for stage in stages for skill in stage.skills()]
    skills = [skill for _, skill in found]
    vectors = await embedder.embed([skill_text(skill) for skill in skills]) if embedder else None
    index = StageIndex(skills, vectors)
    vector = (await embedder.embed([text]))[0] if embedder else None
    best = index.rank(query=text if words else "", vector=vector, k=k)
    among = np.array(sorted(row for row, _ in best), dtype=np.int64)
    bm25 = dict(index.rank(query=text, vector=None, rows=among, k=k))
    cosine = dict(index.rank(query="", vector=vector, rows=among, k=k))
    return [
        Match(
            *(found[row][0].modality, found[row][0].stage, skills[row]),
            cosine=cosine.get(row),
            bm25=bm25.get(row, 0.0),
            score=score,
        )
        for row, score in best
    ]
