"""Rankings of a few texts by words and by vector, and how they are fused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from psychagent.skills.encoders import Vectors
from psychagent.skills.index import fuse
from psychagent.skills.lexical import LexicalIndex, best_rows

Ranking = list[tuple[int, float]]
"""Places of texts with their scores, best first."""


@lru_cache(maxsize=128)
def _indexed(texts: tuple[str, ...]) -> LexicalIndex:
    # the texts of a session's memory stay the same from turn to turn
    return LexicalIndex(texts)


def by_words(query: str, texts: Sequence[str]) -> Ranking:
    """Rank by BM25 the texts that share a word with the query."""
    scores = _indexed(tuple(texts)).scores(query)
    return [(int(row), float(scores[row])) for row in best_rows(scores, len(scores)) if scores[row] > 0]


def by_vector(query: Vectors, vectors: Vectors) -> Ranking:
    """Rank by cosine, ties by place.

    Args:
        query: A unit vector, shape (dimension,).
        vectors: Unit vectors, shape (number of texts, dimension).
    """
    cosines = vectors @ query
    return [(int(row), float(cosines[row])) for row in np.argsort(-cosines, kind="stable")]


def fused(rankings: Sequence[Ranking]) -> list[int]:
    """Return the places in the order of the one ranking, or of all by reciprocal rank."""
    ranked = rankings[0] if len(rankings) == 1 else fuse(rankings)
    return [row for row, _ in ranked]
