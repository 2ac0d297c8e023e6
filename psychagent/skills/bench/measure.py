"""Measure retrieval on gold moments: recall at 5, reciprocal rank and time of each query and ranking."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb
from statistics import median

from psychagent.skills.bench.gold import Moment, Rewrite
from psychagent.skills.embed import Embedder
from psychagent.skills.encoders import Vectors
from psychagent.skills.store import SkillStore

TOP = 5
"""Skills that recall looks at."""

HALVES = ("tuning", "held out")
"""Choices were made on the first, third, ... moment; the second, fourth, ... were held out."""


@dataclass(frozen=True)
class Measure:
    """What one retrieval method scores on one half of the moments."""

    recall: float
    """Share of a moment's gold skills that are among the first five, mean over moments; 0 to 1."""
    mrr: float
    """1 / rank of the first gold skill, mean over moments; 0 to 1."""


@dataclass(frozen=True)
class Row:
    """One retrieval method."""

    query: str
    ranking: str
    halves: tuple[Measure, ...]
    """In the order of HALVES."""
    ms: float | None
    """Median milliseconds per query, embedding included; None where nothing is searched."""


@dataclass(frozen=True)
class Batch:
    """One query per moment, of one kind."""

    kind: str
    texts: Sequence[str]
    vectors: Sequence[Vectors | None]
    seconds: Sequence[float]
    """Embedding time of each query."""


def score(moment: Moment, ids: Sequence[str]) -> Measure:
    """Score one ranking of all skills that the moment's session may draw on."""
    gold = set(moment.skills)
    ranks = [rank for rank, skill_id in enumerate(ids, start=1) if skill_id in gold]
    return Measure(recall=len(gold & set(ids[:TOP])) / len(gold), mrr=1 / ranks[0] if ranks else 0.0)


def expect_random(pool: int, gold: int) -> Measure:
    """Score a random order: the exact expectation, so no seed is needed.

    Args:
        pool: Number of skills that are ranked.
        gold: How many of them are right.
    """
    first_at = [comb(pool - rank, gold - 1) / comb(pool, gold) for rank in range(1, pool - gold + 2)]
    mrr = sum(chance / rank for rank, chance in enumerate(first_at, start=1))
    return Measure(recall=min(TOP, pool) / pool, mrr=mrr)


def mean(measures: Sequence[Measure]) -> Measure:
    """Average some scores; zero if there are none."""
    count = len(measures) or 1
    return Measure(sum(m.recall for m in measures) / count, sum(m.mrr for m in measures) / count)


def to_row(query: str, ranking: str, measures: Sequence[Measure], seconds: Sequence[float]) -> Row:
    """Summarize one retrieval method; moments alternate between the halves."""
    halves = (mean(measures[0::2]), mean(measures[1::2]))
    return Row(query, ranking, halves, 1000 * median(seconds) if seconds else None)


def queries(moments: Sequence[Moment], rewrites: Mapping[str, Rewrite]) -> dict[str, list[str]]:
    """Write the queries to compare, one per moment."""
    texts = {
        "client's last words": [moment.last_words for moment in moments],
        "session's focus": [moment.focus for moment in moments],
    }
    if rewrites:
        texts["rewrite"] = [rewrites[moment.id].query for moment in moments]
    return texts


async def run_bench(
    store: SkillStore,
    embedders: Mapping[str, tuple[Embedder, SkillStore]],
    moments: Sequence[Moment],
    rewrites: Mapping[str, Rewrite],
) -> list[Row]:
    """Measure every query by words, by each embedder, and fused, where a skill is to be found.

    Args:
        store: Store of the library for ranking by words.
        embedders: By name, an embedder and a store whose indexes hold its vectors.
        moments: What to measure on.
        rewrites: By moment id; empty leaves the rewritten query out.
    """
    moments = [moment for moment in moments if moment.skills]
    rows = [await _random(store, moments)]
    for kind, texts in queries(moments, rewrites).items():
        plain = Batch(kind, texts, [None] * len(texts), [0.0] * len(texts))
        rows.append(await _way(store, moments, plain, "BM25"))
        for name, (embedder, embedded) in embedders.items():
            both = await _embed(embedder, plain)
            rows.append(await _way(embedded, moments, replace(both, texts=[""] * len(texts)), name))
            rows.append(await _way(embedded, moments, both, f"BM25 + {name}"))
    return rows


async def _random(store: SkillStore, moments: Sequence[Moment]) -> Row:
    sizes = [len((await store.index(m.modality, m.stage)).skills) for m in moments]
    measures = [expect_random(size, len(m.skills)) for size, m in zip(sizes, moments, strict=True)]
    return to_row("", "random (expected)", measures, [])


async def _embed(embedder: Embedder, plain: Batch) -> Batch:
    """Embed the texts one by one, as a session does; the first call only warms up."""
    await embedder.embed(plain.texts[:1])
    vectors, seconds = [], []
    for text in plain.texts:
        start = time.perf_counter()
        vectors.append((await embedder.embed([text]))[0])
        seconds.append(time.perf_counter() - start)
    return replace(plain, vectors=vectors, seconds=seconds)


async def _way(store: SkillStore, moments: Sequence[Moment], batch: Batch, ranking: str) -> Row:
    measures, seconds = [], []
    for moment, text, vector, spent in zip(moments, batch.texts, batch.vectors, batch.seconds, strict=True):
        index = await store.index(moment.modality, moment.stage)
        start = time.perf_counter()
        hits = index.search(query=text, vector=vector, k=len(index.skills))
        seconds.append(time.perf_counter() - start + spent)
        measures.append(score(moment, [hit.skill.id for hit in hits]))
    return to_row(batch.kind, ranking, measures, seconds)
