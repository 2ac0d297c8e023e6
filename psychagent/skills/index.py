"""The FAISS store of one library: an index per modality and stage, searched within candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from psychagent.domain.skill import Skill, StageSkills
from psychagent.errors import SkillStoreError
from psychagent.skills.embed import Vectors
from psychagent.skills.lexical import LexicalIndex

RRF_K = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Buettcher 2009)."""


@dataclass(frozen=True)
class Hit:
    """A skill that was found."""

    skill: Skill
    score: float
    """Cosine of query and skill (sum over two fields, halved), BM25, or fused rank score."""


def skill_texts(skill: Skill) -> tuple[str, str]:
    """The two texts of a skill that are embedded: what it is, and when it is called for."""
    return f"{skill.name}. {skill.description}", f"{skill.trigger} {skill.when_to_use}"


class StageIndex:
    """All skills of one modality and stage, for search by vector and by words."""

    def __init__(self, skills: StageSkills, vectors: Vectors | None) -> None:
        """Build the index.

        Args:
            skills: The stage's skills.
            vectors: Their vectors in the same order, shape (number of skills, dimension): the mean
                of the unit vectors of both texts. None where the ranking is lexical only.

        Raises:
            SkillStoreError: If there is not one vector a skill.
        """
        self.skills = skills.skills()
        self.row = {skill.id: n for n, skill in enumerate(self.skills)}
        self._lexical = LexicalIndex([" ".join(skill_texts(s)) for s in self.skills])
        self._faiss = None if vectors is None else self._build(vectors)

    def _build(self, vectors: Vectors) -> Any:
        if vectors.shape[0] != len(self.skills):
            raise SkillStoreError(f"{vectors.shape[0]} vectors for {len(self.skills)} skills")
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
        rows = self._rows(candidates)
        if len(rows) == 0:
            return []
        rankings = []
        if vector is not None:
            rankings.append(self._by_vector(vector, rows))
        if query:
            rankings.append(self._by_words(query, rows))
        ranked = rankings[0] if len(rankings) == 1 else fuse(rankings)
        return [Hit(self.skills[row], score) for row, score in ranked[:k]]

    def _rows(self, candidates: Iterable[str] | None) -> np.ndarray[Any, np.dtype[np.int64]]:
        if candidates is None:
            return np.arange(len(self.skills), dtype=np.int64)
        return np.array(sorted({self.row[c] for c in candidates if c in self.row}), dtype=np.int64)

    def _by_vector(
        self, vector: Vectors, rows: np.ndarray[Any, np.dtype[np.int64]]
    ) -> list[tuple[int, float]]:
        if self._faiss is None:
            raise SkillStoreError("this index holds no vectors; choose method 'lexical'")
        params = faiss.SearchParameters(sel=faiss.IDSelectorBatch(rows))
        scores, found = self._faiss.search(vector.reshape(1, -1), len(rows), params=params)
        return [(int(row), float(s)) for row, s in zip(found[0], scores[0], strict=True) if row >= 0]

    def _by_words(self, query: str, rows: np.ndarray[Any, np.dtype[np.int64]]) -> list[tuple[int, float]]:
        scores = self._lexical.scores(query)[rows]
        order = np.argsort(-scores, kind="stable")
        return [(int(rows[n]), float(scores[n])) for n in order]


def fuse(rankings: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Fuse rankings by reciprocal rank: sum of 1 / (RRF_K + rank); ties by row."""
    total: dict[int, float] = {}
    for ranking in rankings:
        for rank, (row, _) in enumerate(ranking, start=1):
            total[row] = total.get(row, 0.0) + 1.0 / (RRF_K + rank)
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))
