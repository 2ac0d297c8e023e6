"""Search among texts that change from turn to turn, such as a memory's, ranked as skills are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from psychagent.skills.embed import Embedder, LateEmbedder

if TYPE_CHECKING:
    from psychagent.skills.encoders import Vectors
    from psychagent.skills.vectors import VectorCache

_MOST_VECTORS = 100_000
"""Texts whose vectors are held: some 150 MB with the bundled model. Then all are let go: a server that runs
for months must not grow."""


class TextSearch:
    """Ranks texts for a query by words, by vector or by both; built once per process and language."""

    def __init__(self, embedder: Embedder | None, method: str) -> None:
        """Prepare the search.

        Args:
            embedder: What embeds texts; None where the method ranks by words only.
            method: `lexical`, `embed` or `fusion`, resolved.
        """
        self._embedder = embedder
        self._words = method in {"lexical", "fusion"}
        self._cache: VectorCache | None = None
        self._embedding = asyncio.Lock()

    async def prepare(self, texts: Sequence[str]) -> None:
        """Load the embedder and embed texts now: it fails before a session's first word or not at all.

        Raises:
            SkillStoreError: If the embedder cannot be loaded, or the texts cannot be embedded.
        """
        if isinstance(self._embedder, LateEmbedder):
            await asyncio.to_thread(self._embedder.load)
        if self._embedder is not None and texts:
            await self._vectors(self._embedder, texts)

    async def rank(self, query: str, texts: Sequence[str], most: int) -> list[int]:
        """Find the texts nearest to a query, by their places in the list, best first.

        Where words alone rank, texts that share none with the query are not found.

        Raises:
            SkillStoreError: If the embedder fails.
        """
        if not texts or not query.strip():
            return []
        # numpy is what a run without a memory that is searched is spared
        from psychagent.skills.texts.ranks import by_vector, by_words, fused  # noqa: PLC0415

        rankings = [by_words(query, texts)] if self._words else []
        if self._embedder is not None:
            vectors = await self._vectors(self._embedder, texts)
            rankings.insert(0, by_vector((await self._embedder.embed([query]))[0], vectors))
        return fused(rankings)[:most]

    async def _vectors(self, embedder: Embedder, texts: Sequence[str]) -> Vectors:
        # two turns at once would embed the same texts twice, and write to the cache while it is copied
        async with self._embedding:
            if self._cache is None or self._cache.size > _MOST_VECTORS:
                from psychagent.skills.vectors import VectorCache  # noqa: PLC0415

                # in memory alone: the texts are clients' words, and no two runs share them
                self._cache = VectorCache(None, embedder)
            return await self._cache.embed(texts)
