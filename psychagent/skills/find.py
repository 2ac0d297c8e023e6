"""Search skills for a person: over several stages at once, with each skill's similarities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from psychagent.domain.skill import Skill, StageSkills
from psychagent.skills.index import StageIndex
from psychagent.skills.library import skill_text
from psychagent.skills.vectors import VectorCache


@dataclass(frozen=True)
class Match:
    """A skill and how similar it is to the text searched for."""

    skill: Skill
    cosine: float | None
    """Of the embeddings, -1 to 1; None without an embedder."""
    bm25: float
    """0 and more."""


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
    skills = [skill for stage in stages for skill in stage.skills()]
    vectors = await embedder.embed([skill_text(skill) for skill in skills]) if embedder else None
    index = StageIndex(skills, vectors)
    vector = (await embedder.embed([text]))[0] if embedder else None
    hits = index.search(query=text if words else "", vector=vector, k=k)
    ids = [hit.skill.id for hit in hits]
    by_words = index.search(query=text, vector=None, candidates=ids, k=k)
    by_meaning = index.search(query="", vector=vector, candidates=ids, k=k) if embedder else []
    bm25 = {hit.skill.id: hit.score for hit in by_words}
    cosine = {hit.skill.id: hit.score for hit in by_meaning}
    return [Match(hit.skill, cosine.get(hit.skill.id), bm25[hit.skill.id]) for hit in hits]
