"""Time the search among skills, and their vectors' way from the disk."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from psychagent.domain.skill import Skill
from psychagent.skills.embed import Embedder
from psychagent.skills.encoders import normalize
from psychagent.skills.index import StageIndex
from psychagent.skills.vectors import VectorCache
from tests.benchmarks.jobs.embedder import HashEmbedder
from tests.support.loopback import replies


async def retrieval(skills: int) -> dict[str, Any]:
    """Time the search among made-up skills, the embedding of the query apart."""
    rng = np.random.default_rng(0)
    words = [f"word{n}" for n in range(3000)]

    def text() -> str:
        return " ".join(rng.choice(words, 14))

    made = tuple(
        Skill(id=f"s{n}", name=text()[:40], description=text(), when_to_use=text(), trigger=text())
        for n in range(skills)
    )
    vectors = normalize(rng.normal(size=(skills, 384)).astype(np.float32))
    index = StageIndex(made, vectors)
    candidates = [f"s{n}" for n in rng.choice(skills, 60, replace=False)]
    query, vector = text(), vectors[7]

    def timed(job: Callable[[], object]) -> float:
        spans = []
        for _ in range(200):
            start = time.perf_counter()
            job()
            spans.append(time.perf_counter() - start)
        return float(np.median(spans) * 1000)

    return {
        "embed_all_ms": timed(lambda: index.search(query="", vector=vector, k=5)),
        "embed_candidates_ms": timed(
            lambda: index.search(query="", vector=vector, candidates=candidates, k=5)
        ),
        "fusion_candidates_ms": timed(
            lambda: index.search(query=query, vector=vector, candidates=candidates, k=5)
        ),
        "fusion_all_ms": timed(lambda: index.search(query=query, vector=vector, k=5)),
    }


async def vector_cache(skills: int) -> dict[str, Any]:
    """Time how long the vectors of a library take to come from the cache on disk."""
    texts = [f"skill {n} " + replies.filler(200, n) for n in range(skills)]
    with tempfile.TemporaryDirectory() as folder:
        embedder: Embedder = HashEmbedder()
        await VectorCache(Path(folder), embedder).embed(texts)
        start = time.perf_counter()
        await VectorCache(Path(folder), embedder).embed(texts)
        return {"load_sec": time.perf_counter() - start}
