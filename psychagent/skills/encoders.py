"""The models that embed: in this process, or behind an endpoint. Imported when one is first asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psychagent.assets.settings.baseline import EmbeddingSettings
from psychagent.domain.cause import Cause
from psychagent.domain.role import EMBEDDING
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.domain.words.cut import one_line
from psychagent.errors import CallError, SkillStoreError
from psychagent.llm.attempts import Attempts
from psychagent.llm.fault import Fault, NoEmbeddingsError, unreadable
from psychagent.llm.json_bytes import parse, write
from psychagent.llm.servers.outage import Outages
from psychagent.llm.servers.refusal import refusal_within, server_words
from psychagent.llm.servers.secrets import mask
from psychagent.llm.wire import Wire

Vectors = NDArray[np.float32]
Sleep = Callable[[float], Awaitable[None]]

_BYTES_A_VECTOR = 2**19
"""Most that a server needs to write a vector: one of 4,096 dimensions takes 100 kB."""

FEW = 8
"""Fewer texts than this are encoded on one processor thread."""


class LocalEmbedder:
    """A sentence-transformers model in this process, on a thread of its own."""

    def __init__(self, name: str, path: str, batch_size: int) -> None:
        """Load the model (5 s and more: torch is imported here)."""
        # torch costs seconds to import, so only those who need it pay
        import torch  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415

        quiet: Any = logging.disable_progress_bar  # the library has no type for it
        quiet()
        self.name = name
        self._torch: Any = torch
        self._threads = torch.get_num_threads()
        try:
            self._model: Any = SentenceTransformer(path)
        except (OSError, ValueError, RuntimeError, LookupError, TypeError, ImportError) as error:
            raise SkillStoreError(
                f"embedding model {path!r} cannot be loaded ({one_line(str(error), 200)})"
            ) from error
        self._batch_size = batch_size
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embed")

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Encode on the model's thread, so that the event loop keeps running."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._encode, list(texts))

    def _encode(self, texts: list[str]) -> Vectors:
        # threads spin while they wait for each other: on a busy machine one query took 240 ms instead of
        # 37, so only a batch gets all of them
        self._torch.set_num_threads(1 if len(texts) < FEW else self._threads)
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


class EndpointEmbedder:
    """An OpenAI-compatible embeddings endpoint."""

    def __init__(
        self,
        settings: EmbeddingSettings,
        *,
        key: str | None,
        wire: Wire,
        gate: AbstractAsyncContextManager[None] | None = None,
        sleep: Sleep = asyncio.sleep,
        outages: Outages | None = None,
        report: Callable[[Usage], None] = lambda usage: None,
    ) -> None:
        """Store how to reach the endpoint; no request is sent yet.

        Args:
            settings: Its address, batch size, time limit and retries.
            key: The key itself; None where none is needed.
            wire: The pool of connections.
            gate: Bounds parallel calls; None adds no bound: batches are sent one by one anyway.
            sleep: How to wait before another attempt; a run passes one that a stop cuts short.
            outages: Waits for the endpoint when it is down; None gives up after the retries.
            report: Called with the usage of every answered call.
        """
        self.name, address = f"{settings.model}", str(settings.base_url)
        self._report = report
        self._outages, self._address = outages or Outages(), address
        self._numbers = 0
        """How many numbers a vector has; 0 before the first."""
        self._settings, self._wire = settings, wire
        self._target = wire.target(
            address,
            "embeddings",
            key=key,
            timeout_sec=settings.timeout_sec,
            headers=settings.extra_headers,
            most_bytes=_BYTES_A_VECTOR * settings.batch_size,
        )
        self._attempts = Attempts(
            gate or nullcontext(), settings.max_retries, sleep=sleep, outlast=self._outages.of(address)
        )

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Ask the endpoint, batch by batch.

        Raises:
            SkillStoreError: If the endpoint does not give one vector per text within the retries.
        """
        size = self._settings.batch_size
        batches = [list(texts[at : at + size]) for at in range(0, len(texts), size)]
        try:
            parts = [await self._attempts.run("embed", partial(self._ask, batch)) for batch in batches]
        except CallError as error:
            raise SkillStoreError(f"embeddings endpoint {self._settings.base_url}: {error}") from error
        return normalize(np.concatenate(parts))

    async def _ask(self, texts: list[str], _attempt: int) -> Vectors:
        body = write({"model": self._settings.model, "input": texts})
        try:
            data = await self._wire.post(self._target, body)
        except Fault as fault:
            if fault.cause is not Cause.DOWN:
                self._outages.answered(self._address)
            raise
        self._outages.answered(self._address)
        self._report(Usage(roles={EMBEDDING: RoleUsage(calls=1, prompt_tokens=_tokens_of(data, texts))}))
        try:
            vectors = _read_vectors(data, len(texts), self._target.secrets)
            size = vectors.shape[1]
            if self._numbers not in {0, size}:
                raise NoEmbeddingsError(f"vectors of {size} numbers, after some of {self._numbers}")
        except NoEmbeddingsError as error:
            raise unreadable(error, self._target.secrets) from error
        self._numbers = size
        return vectors


def _tokens_of(data: bytes, texts: Sequence[str]) -> int:
    """Return how many tokens a server says it read; what they are about where it says nothing."""
    try:
        said = parse(data)["usage"]["prompt_tokens"]
    except (ValueError, KeyError, TypeError):
        said = None
    return said if type(said) is int and said >= 0 else sum(map(estimate_tokens, texts))


def _read_vectors(data: bytes, count: int, secrets: Collection[str]) -> Vectors:
    """Read one vector per text.

    Raises:
        NoEmbeddingsError: If the answer holds anything else.
    """
    try:
        rows = _in_order(parse(data)["data"])
        sizes = [len(row["embedding"]) for row in rows]
        is_even = len(rows) == count and len(set(sizes)) < 2
        numbers = np.asarray([row["embedding"] for row in rows] if is_even else [])
    except (ValueError, KeyError, TypeError, OverflowError):
        said = server_words(data) or "no vectors"
        # not chained: a traceback would print what the server said
        raise NoEmbeddingsError(mask(said, secrets), refusal_within(data)) from None
    if not is_even:
        raise NoEmbeddingsError(_why_unequal(sizes, count))
    if numbers.ndim != 2 or len(numbers) != count or not numbers.size:
        raise NoEmbeddingsError("vectors without numbers, or of lists")
    if [row.get("index", number) for number, row in enumerate(rows)] != list(range(count)):
        raise NoEmbeddingsError("an index twice, or none of some text")
    # what is no number would be kept in the cache, and every search would go wrong without a word
    if numbers.dtype.kind not in "fiu" or not (np.abs(numbers) < np.finfo(np.float32).max).all():
        raise NoEmbeddingsError("vectors that hold something else than numbers")
    if not numbers.any(axis=1).all():
        # it is as near to every skill as to any other
        raise NoEmbeddingsError("a vector of nothing but zeros")
    return np.asarray(numbers, dtype=np.float32)


def _in_order(rows: list[Any]) -> list[Any]:
    """Return an answer's rows in the order of the texts; where no row is numbered, they stand in it."""
    is_numbered = any("index" in row for row in rows)
    return sorted(rows, key=lambda row: row["index"]) if is_numbered else rows


def _why_unequal(sizes: list[int], count: int) -> str:
    if len(sizes) != count:
        return f"{len(sizes)} vector{'' if len(sizes) == 1 else 's'} for {count} texts"
    return f"vectors of unequal length: {min(sizes)} to {max(sizes)} numbers"


def normalize(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)
