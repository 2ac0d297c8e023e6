"""The FAISS store of one library: an index per modality and stage, searched within candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from psychagent.domain.skill import Skill
from psychagent.errors import SkillStoreError
from psychagent.skills.embed import Vectors
from psychagent.skills.lexical import LexicalIndex

RRF_K = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Buettcher 2009)."""

DEPTH = 200
"""Minimum depth of the rankings to fuse: more than any session's candidates, yet bounded for a large
index."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Hit:
    """A skill in a ranking, with its score."""

    skill: Skill
    score: float
    """Cosine of query and skill, BM25, or fused rank score, by the ranking that was asked for."""


def skill_text(skill: Skill) -> str:
    """Write a skill as the text to embed and index, without its example and caution."""
    return f"{skill.name}. {skill.description} {skill.trigger} {skill.when_to_use}"


class StageIndex:
    """Skills, usually all of one modality and stage, searchable by vector and by words."""

    def __init__(self, skills: Sequence[Skill], vectors: Vectors | None) -> None:
        """Build the index.

        Args:
            skills: What can be found.
            vectors: Unit vectors of their texts in the same order, shape (number of skills, dimension).
                None where the ranking is lexical only.

        Raises:
            SkillStoreError: If there is not one vector per skill.
        """
        self.skills = tuple(skills)
        self.row = {skill.id: n for n, skill in enumerate(self.skills)}
        self._lexical = LexicalIndex([skill_text(s) for s in self.skills])
        self._faiss = None if vectors is None else self._build(vectors)

    def _build(self, vectors: Vectors) -> Any:
        if vectors.shape[0] != len(self.skills):
            raise SkillStoreError(f"{vectors.shape[0]} vectors for {len(self.skills)} skills")
        # one thread: at this size handing work to others takes longer than doing it
        faiss.omp_set_num_threads(1)
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(vectors, np.arange(len(self.skills), dtype=np.int64))
        return index

    def search(
        self,
        *,
        query: str,
        vector: Vectors | None,
        candidates: Iterable[str] | None = None,
        k: int,
    ) -> list[Hit]:
        """Find the `k` nearest skills, best first.

        Args:
            query: Words for the lexical ranking; empty leaves it out.
            vector: Unit vector for the embedded ranking, shape (dimension,); None leaves it out.
                With both, the rankings are fused by reciprocal rank.
            candidates: Ids to search among; None is all. Unknown ids are ignored.
            k: Most hits.
        """
        rows = None if candidates is None else self._rows(candidates)
        size = len(self.skills) if rows is None else len(rows)
        if size == 0:
            return []
        both = vector is not None and bool(query)
        depth = min(size, max(k, DEPTH) if both else k)
        rankings = []
        if vector is not None:
            rankings.append(self._by_vector(vector, rows, depth))
        if query:
            rankings.append(self._by_words(query, rows, depth))
        ranked = rankings[0] if len(rankings) == 1 else fuse(rankings)
        return [Hit(self.skills[row], score) for row, score in ranked[:k]]

    def _rows(self, candidates: Iterable[str]) -> Rows:
        return np.array(sorted({self.row[c] for c in candidates if c in self.row}), dtype=np.int64)

    def _by_vector(self, vector: Vectors, rows: Rows | None, depth: int) -> list[tuple[int, float]]:
        if self._faiss is None:
            raise SkillStoreError("this index holds no vectors; choose method 'lexical'")
        params = None if rows is None else _among(rows)
        scores, ids = self._faiss.search(vector.reshape(1, -1), depth, params=params)
        return [(int(row), float(s)) for row, s in zip(ids[0], scores[0], strict=True) if row >= 0]

    def _by_words(self, query: str, rows: Rows | None, depth: int) -> list[tuple[int, float]]:
        scores = self._lexical.scores(query)
        among = np.arange(len(scores)) if rows is None else rows
        order = np.argsort(-scores[among], kind="stable")[:depth]
        return [(int(among[n]), float(scores[among[n]])) for n in order]


def _among(rows: Rows) -> Any:
    parameters: Any = faiss.SearchParameters  # its type stub lacks the keyword
    return parameters(sel=faiss.IDSelectorBatch(rows))


def fuse(rankings: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Fuse rankings by reciprocal rank: sum of 1 / (RRF_K + rank); ties by row."""
    total: dict[int, float] = {}
    for ranking in rankings:
        for rank, (row, _) in enumerate(ranking, start=1):
            total[row] = total.get(row, 0.0) + 1.0 / (RRF_K + rank)
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))
