"""Unit vectors in FAISS: exact for the skills of a stage, by short codes first in a very large library.

Imported when an index with vectors is built, so that a ranking by words loads no FAISS.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from psychagent.errors import SkillStoreError
from psychagent.skills.encoders import Vectors
from psychagent.skills.lexical import Rows

FLAT_UP_TO = 20_000
"""Vectors up to which all are compared: 1 ms. Beyond, the scan is bound by the memory's speed."""

POOL, POOL_FACTOR = 200, 8
"""With codes, at least POOL x POOL_FACTOR vectors are compared exactly: recall@5 is 1.00 on clustered
vectors and .98 on random ones, which have no near neighbors. HNSW was measured too: its graph takes 11 s
and more to build for 100,000 vectors instead of 1, and it finds .986 to .998; see docs/retrieval.md."""

BLOCK = 4
"""Dimensions that share a code; vectors of another multiple, which no usual model has, are all compared."""


class DenseIndex:
    """The vectors of a fixed list of skills; the same vectors always give the same ranking."""

    def __init__(self, vectors: Vectors, *, flat_up_to: int = FLAT_UP_TO) -> None:
        """Index unit vectors, shape (number of skills, dimension)."""
        count, size = vectors.shape
        one_thread()
        self._flat = faiss.IndexFlatIP(size)
        self._flat.add(np.ascontiguousarray(vectors))
        codable = count > flat_up_to and size % BLOCK == 0
        self._coded: Any = _coded(self._flat, vectors) if codable else None

    def search(self, vector: Vectors, depth: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """Rank rows by cosine, best first.

        Args:
            vector: Unit vector, shape (dimension,).
            depth: Most rows.
            rows: Where to look, compared one by one and so always exact; None is everywhere.

        Raises:
            SkillStoreError: If the vector is not as long as those of the skills.
        """
        if vector.shape[-1] != self._flat.d:
            raise SkillStoreError(
                f"the embedding model gives vectors of {vector.shape[-1]} numbers, and the skills' have "
                f"{self._flat.d}; name the model of before, or delete the vector cache"
            )
        one_thread()
        query = np.ascontiguousarray(vector.reshape(1, -1))
        if rows is not None:
            parameters: Any = faiss.SearchParameters  # its type stub lacks the keyword
            scores, ids = self._flat.search(query, depth, params=parameters(sel=faiss.IDSelectorBatch(rows)))
        elif self._coded is not None:
            scores, ids = self._coded.search(query, max(depth, POOL))
        else:
            scores, ids = self._flat.search(query, depth)
        found = zip(ids[0][:depth].tolist(), scores[0][:depth].tolist(), strict=True)
        return [(row, score) for row, score in found if row >= 0]


def one_thread() -> None:
    """Keep FAISS on the calling thread; OpenMP holds this for each thread by itself.

    For one query, handing work to others takes longer than doing it, and k-means on one thread gives the
    same codes every time.
    """
    faiss.omp_set_num_threads(1)


def _coded(flat: Any, vectors: Vectors) -> Any:
    """Index 4-bit codes of vectors; what they find is compared again in `flat`."""
    size = vectors.shape[1]
    codes = faiss.IndexPQFastScan(size, size // BLOCK, 4, faiss.METRIC_INNER_PRODUCT)
    codes.train(vectors)
    codes.add(vectors)
    index = faiss.IndexRefine(codes, flat)
    index.k_factor = POOL_FACTOR
    return index
