"""Vectors on disk, by model and text hash, so that no text is embedded twice."""

from __future__ import annotations

import asyncio
import io
import logging
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psychagent.errors import RecordError, SkillStoreError
from psychagent.files.change import move_file
from psychagent.files.digest import hash_text
from psychagent.files.refused import refused
from psychagent.files.write import whole_file
from psychagent.skills.embed import Embedder
from psychagent.skills.encoders import Vectors

_log = logging.getLogger(__name__)


def _array(stored: zipfile.ZipFile, name: str) -> Any:
    """Read all bytes of an array: numpy reads as many as its head says, and of a part no check sum."""
    return np.load(io.BytesIO(stored.read(f"{name}.npy")), allow_pickle=False)


_DAMAGED = (ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a file raises that is none of ours, or no longer."""


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _require_usable(vectors: Vectors) -> None:
    """Refuse what no embedder gives.

    Raises:
        ValueError: If a vector holds what is no number, or nothing but zeros.
    """
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise ValueError("it holds no vectors")
    if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
        raise ValueError("it holds a vector of zeros, or of what is no number")


class VectorCache:
    """A cache of one file per embedder; without a folder that can be used it lives in memory only."""

    def __init__(self, folder: Path | None, embedder: Embedder) -> None:
        """Read what was cached for this embedder."""
        self._embedder = embedder
        self._path = folder / f"{hash_text(embedder.name)[:16]}.npz" if folder else None
        self._known = self._load()

    def _load(self) -> dict[str, Vectors]:
        path = self._path
        if path is None:
            return {}
        try:
            with path.open("rb") as stream, zipfile.ZipFile(stream) as stored:
                hashes, vectors = (_array(stored, name) for name in ("hashes", "vectors"))
            _require_usable(vectors)
            return dict(zip(hashes.tolist(), vectors, strict=True))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except PermissionError as error:
            self._give_up(refused(path, "read", error, ""))
            return {}
        except (OSError, *_DAMAGED) as error:
            self._set_aside(path, error)
            return {}

    def _set_aside(self, path: Path, error: Exception) -> None:
        """Make room for a cache made anew: vectors can be had again, and whoever wants to know can look."""
        aside = path.with_name(f"{path.name}.damaged")
        try:
            move_file(path, aside)
        except RecordError as unmovable:
            self._give_up(str(unmovable))
        else:
            _log.warning("%s: is no vector cache (%s); moved to %s and made anew", path, _why(error), aside)

    @property
    def size(self) -> int:
        """How many texts it knows."""
        return len(self._known)

    def _give_up(self, problem: str) -> None:
        """Leave the disk alone from now on: without a cache a run is slower to start, not wrong."""
        _log.warning("vectors stay in memory: %s", problem)
        self._path = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, embedding only those not seen before.

        Raises:
            SkillStoreError: If the texts cannot be embedded.
        """
        keys = [hash_text(text) for text in texts]
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        if missing:
            fresh = await self._embedder.embed(list(missing.values()))
            self._check(fresh.shape[1])
            self._known.update(zip(missing, fresh, strict=True))
            await asyncio.to_thread(self._save)
        return np.stack([self._known[key] for key in keys])

    def _check(self, numbers: int) -> None:
        """Refuse vectors of another length than those before: the model behind a name was exchanged."""
        known = next((len(vector) for vector in self._known.values()), numbers)
        if known != numbers:
            where = f"{self._path}: holds" if self._path else "the cache holds"
            raise SkillStoreError(
                f"{where} vectors of {known} numbers of embedding model {self._embedder.name!r}, which now "
                f"gives {numbers}; name the model of before, or delete the file"
            )

    def _save(self) -> None:
        # another process may have added its own texts meanwhile; keep them
        self._known = self._load() | self._known
        if self._path is None:
            return
        hashes, vectors = np.array(list(self._known)), np.stack(list(self._known.values()))
        try:
            with whole_file(self._path) as stream:
                np.savez(stream, hashes=hashes, vectors=vectors)
        except RecordError as error:
            self._give_up(str(error))
