"""Skills that can be searched by words, by vector and by both, within candidates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from psychagent.domain.skill import Skill
from psychagent.errors import SkillStoreError
from psychagent.skills.encoders import Vectors
from psychagent.skills.lexical import LexicalIndex, Rows, Scores, best_rows
from psychagent.skills.library import skill_text

if TYPE_CHECKING:
    from psychagent.skills.dense import DenseIndex

RRF_K = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Buettcher 2009)."""

EARLIER = 0.85
"""Weight of the scores of skills of an earlier stage, so that at an equal fit the session's own come first.
Without it fewer gold skills are among the three shown, far below it the earlier ones are never shown."""

DEPTH = 200
"""Minimum depth of the rankings to fuse: more than any session's candidates, yet bounded for a large
index."""


@dataclass(frozen=True)
class Hit:
    """A skill in a ranking, with its score."""

    skill: Skill
    score: float
    """Cosine of query and skill, BM25, or fused rank score, by the ranking that was asked for."""
    fit: float = 0.0
    """How well it fits, comparable between queries as `score` is not: the sum of cosine and of the share
    that its BM25 is of the skill's own (what its text would score as a query), as far as asked for."""


class StageIndex:
    """Skills, usually all of one modality and stage, searchable by vector and by words."""

    def __init__(
        self, skills: Sequence[Skill], vectors: Vectors | None, *, earlier: Collection[str] = ()
    ) -> None:
        """Build the index.

        Args:
            skills: What can be found.
            vectors: Unit vectors of their texts in the same order, shape (number of skills, dimension).
                None where the ranking is lexical only.
            earlier: Ids of the skills of an earlier stage, which count less.

        Raises:
            SkillStoreError: If there is not one vector per skill.
        """
        self.skills = tuple(skills)
        self.row = {skill.id: n for n, skill in enumerate(self.skills)}
        self._weight = np.array([EARLIER if s.id in earlier else 1.0 for s in self.skills], np.float32)
        self._weighs = bool(earlier)
        self._lexical = LexicalIndex([skill_text(s) for s in self.skills])
        self._dense = None if vectors is None else _dense(vectors, len(self.skills))

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
        words = self._lexical.scores(query) if query else None
        ranked = self._rank(words, vector, rows, k)
        fits = self._fits(words, vector, [row for row, _ in ranked])
        return [Hit(self.skills[row], score, fit) for (row, score), fit in zip(ranked, fits, strict=True)]

    def rank(
        self, *, query: str, vector: Vectors | None, rows: Rows | None = None, k: int
    ) -> list[tuple[int, float]]:
        """Find the `k` nearest rows with their scores, best first; `rows`, rising, are where to look."""
        return self._rank(self._lexical.scores(query) if query else None, vector, rows, k)

    def _rank(
        self, words: Scores | None, vector: Vectors | None, rows: Rows | None, k: int
    ) -> list[tuple[int, float]]:
        size = len(self.skills) if rows is None else len(rows)
        if size == 0 or k < 1:
            return []
        both = vector is not None and words is not None
        depth = min(size, max(k, DEPTH) if both or self._weighs else k)
        rankings = []
        if vector is not None:
            rankings.append(self._by_vector(vector, rows, depth))
        if words is not None:
            rankings.append(self._by_words(words, rows, depth))
        if self._weighs:
            rankings = [self._weigh(ranking) for ranking in rankings]
        ranked = rankings[0] if len(rankings) == 1 else fuse(rankings)
        return ranked[:k]

    def _weigh(self, ranking: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        # before rankings are fused: ranks are so close to each other that a weight on their sum drops
        # every skill of the earlier stage below nearly all others
        weighed = [(row, score * float(self._weight[row])) for row, score in ranking]
        return sorted(weighed, key=lambda item: -item[1])

    def _fits(self, words: Scores | None, vector: Vectors | None, rows: Sequence[int]) -> list[float]:
        if not rows:
            return []
        at = np.array(rows, dtype=np.int64)
        fits = np.zeros(len(at), dtype=np.float32)
        if words is not None:
            fits += words[at] / self._lexical.own[at]
        if vector is not None:
            cosines = dict(self._by_vector(vector, np.sort(at), len(at)))
            fits += np.array([cosines[row] for row in rows], dtype=np.float32)
        return [float(fit) for fit in fits]

    def _rows(self, candidates: Iterable[str]) -> Rows:
        return np.array(sorted({self.row[c] for c in candidates if c in self.row}), dtype=np.int64)

    def _by_vector(self, vector: Vectors, rows: Rows | None, depth: int) -> list[tuple[int, float]]:
        if self._dense is None:
            raise SkillStoreError("this index holds no vectors; choose method 'lexical'")
        return self._dense.search(vector, depth, rows)

    def _by_words(self, scores: Scores, rows: Rows | None, depth: int) -> list[tuple[int, float]]:
        among = scores if rows is None else scores[rows]
        best = best_rows(among, depth)
        found = best if rows is None else rows[best]
        return list(zip(found.tolist(), among[best].tolist(), strict=True))


def _dense(vectors: Vectors, count: int) -> DenseIndex:
    """Index vectors, one per skill."""
    # FAISS is what a ranking by words is spared
    from psychagent.skills.dense import DenseIndex  # noqa: PLC0415

    if vectors.shape[0] != count:
        raise SkillStoreError(f"{vectors.shape[0]} vectors for {count} skills")
    return DenseIndex(vectors)


def fuse(rankings: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Fuse rankings by reciprocal rank: sum of 1 / (RRF_K + rank); ties by row."""
    total: dict[int, float] = {}
    for ranking in rankings:
        for rank, (row, _) in enumerate(ranking, start=1):
            total[row] = total.get(row, 0.0) + 1.0 / (RRF_K + rank)
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))
