"""Find pairs of skills that say nearly the same thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np

from psychagent.domain.base import Language
from psychagent.domain.skill import Skill
from psychagent.skills.encoders import Vectors, normalize
from psychagent.skills.lexical import tokenize
from psychagent.skills.library import skill_text

EmbedTexts = Callable[[Sequence[str]], Awaitable[Vectors]]
"""What turns texts into unit vectors: an embedder's or a vector cache's `embed`."""

MAX_COSINE: dict[Language, float] = {Language.EN: 0.82, Language.ZH: 0.60}
"""Two skills of a stage with a higher cosine count as duplicates: English by the bundled model, Chinese
by counts of characters and their pairs. Derived from the data; see docs/retrieval.md."""


@dataclass(frozen=True)
class Pair:
    """Two skills and how similar they are."""

    cosine: float
    one: Skill
    other: Skill


def count_vectors(texts: Sequence[str]) -> Vectors:
    """Count the words (Chinese: characters and their pairs) of texts, as unit vectors."""
    counts = [Counter(tokenize(text)) for text in texts]
    column = {token: n for n, token in enumerate(sorted({token for count in counts for token in count}))}
    vectors = np.zeros((len(texts), len(column)), dtype=np.float32)
    for row, count in enumerate(counts):
        for token, times in count.items():
            vectors[row, column[token]] = times
    return normalize(vectors)


async def skill_vectors(skills: Sequence[Skill], embed: EmbedTexts | None) -> Vectors:
    """Make unit vectors of skills: by a model, or by counting without one."""
    texts = [skill_text(skill) for skill in skills]
    return count_vectors(texts) if embed is None else await embed(texts)


def nearest_pairs(skills: Sequence[Skill], vectors: Vectors) -> list[Pair]:
    """List all pairs of skills, nearest first.

    Args:
        skills: The skills.
        vectors: Their unit vectors in the same order, shape (number of skills, dimension).
    """
    cosines = vectors @ vectors.T
    ones, others = np.triu_indices(len(skills), k=1)
    order = np.argsort(-cosines[ones, others], kind="stable")
    return [
        Pair(float(cosines[i, j]), skills[i], skills[j])
        for i, j in zip(ones[order], others[order], strict=True)
    ]
