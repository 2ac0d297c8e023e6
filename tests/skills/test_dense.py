"""Vectors: all compared up to a size; beyond, codes find what a comparison of all would find."""

from __future__ import annotations

import numpy as np
import pytest

from psychagent.skills.dense import DenseIndex
from psychagent.skills.encoders import Vectors, normalize

COUNT, SIZE, ASKED = 6000, 64, 60


def clustered(spread: float) -> Vectors:
    """Make unit vectors around fifty centers, the last ASKED of them for queries."""
    rng = np.random.default_rng(7)
    centers = normalize(rng.normal(size=(50, SIZE)).astype(np.float32))
    noise = spread * rng.normal(size=(COUNT + ASKED, SIZE)) / np.sqrt(SIZE)
    return normalize((centers[rng.integers(50, size=len(noise))] + noise).astype(np.float32))


def rows_of(index: DenseIndex, vector: Vectors, depth: int) -> list[int]:
    return [row for row, _ in index.search(vector, depth)]


@pytest.mark.parametrize("spread", [0.3, 0.6, 1.0])
def test_codes_find_the_five_nearest_of_clustered_vectors(spread: float) -> None:
    vectors = clustered(spread)
    stored, queries = vectors[:COUNT], vectors[COUNT:]
    flat, coded = DenseIndex(stored), DenseIndex(stored, flat_up_to=100)
    shared = [len({*rows_of(flat, query, 5)} & {*rows_of(coded, query, 5)}) for query in queries]
    assert sum(shared) / (5 * ASKED) >= 0.99


def test_what_codes_find_has_its_exact_cosine_and_falls() -> None:
    vectors = clustered(0.6)
    found = DenseIndex(vectors, flat_up_to=100).search(vectors[7], 200)
    assert found[0][0] == 7
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert scores == pytest.approx([float(vectors[row] @ vectors[7]) for row, _ in found], abs=1e-5)


@pytest.mark.parametrize("flat_up_to", [100, COUNT])
def test_the_same_vectors_give_the_same_ranking(flat_up_to: int) -> None:
    stored = clustered(0.6)[:COUNT]
    one, other = (DenseIndex(stored, flat_up_to=flat_up_to) for _ in range(2))
    for row in range(0, COUNT, 500):
        assert one.search(stored[row], 200) == other.search(stored[row], 200)


@pytest.mark.parametrize("depth", [5, 60, 100])
def test_among_candidates_every_one_is_compared(depth: int) -> None:
    vectors = clustered(1.0)
    stored, query = vectors[:COUNT], vectors[COUNT]
    rows = np.sort(np.random.default_rng(1).choice(COUNT, 60, replace=False)).astype(np.int64)
    flat, coded = DenseIndex(stored), DenseIndex(stored, flat_up_to=100)
    found = coded.search(query, depth, rows)
    assert found == flat.search(query, depth, rows)
    nearest = rows[np.argsort(-(stored[rows] @ query), kind="stable")][:depth]
    assert [row for row, _ in found] == nearest.tolist()


def test_vectors_that_no_code_fits_are_all_compared() -> None:
    vectors = normalize(np.random.default_rng(3).normal(size=(500, 31)).astype(np.float32))
    assert rows_of(DenseIndex(vectors, flat_up_to=100), vectors[9], 500)[0] == 9


def test_a_search_deeper_than_the_index_returns_each_row_once() -> None:
    vectors = clustered(0.6)[:1000]
    assert sorted(rows_of(DenseIndex(vectors, flat_up_to=100), vectors[0], 1000)) == list(range(1000))
