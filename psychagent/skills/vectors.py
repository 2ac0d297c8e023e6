"""Vectors on disk, by model and text hash, so that no text is embedded twice."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from psychagent.errors import RecordError, SkillStoreError
from psychagent.files.digest import hash_text
from psychagent.files.write import whole_file
from psychagent.skills.embed import Embedder, Vectors


class VectorCache:
    """A cache of one file per embedder; without a folder it lives in memory only."""

    def __init__(self, folder: Path | None, embedder: Embedder) -> None:
        """Read what was cached for this embedder.

        Raises:
            SkillStoreError: If the cache file cannot be read.
        """
        self._embedder = embedder
        self._path = folder / f"{hash_text(embedder.name)[:16]}.npz" if folder else None
        self._known: dict[str, Vectors] = {}
        if self._path and self._path.exists():
            self._known = self._load(self._path)

    @staticmethod
    def _load(path: Path) -> dict[str, Vectors]:
        try:
            # np.load leaves open a file that it cannot read, so it is opened here
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                return dict(zip(stored["hashes"].tolist(), stored["vectors"], strict=True))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise SkillStoreError(
                f"{path}: vector cache cannot be read ({error}); delete the file"
            ) from error

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, embedding only those not seen before.

        Raises:
            SkillStoreError: If the cache file cannot be read or written.
        """
        keys = [hash_text(text) for text in texts]
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        if missing:
            fresh = await self._embedder.embed(list(missing.values()))
            self._known.update(zip(missing, fresh, strict=True))
            self._save()
        return np.stack([self._known[key] for key in keys])

    def _save(self) -> None:
        if self._path is None:
            return
        # another process may have added its own texts meanwhile; keep them
        if self._path.exists():
            self._known = self._load(self._path) | self._known
        hashes, vectors = np.array(list(self._known)), np.stack(list(self._known.values()))
        try:
            with whole_file(self._path) as stream:
                np.savez(stream, hashes=hashes, vectors=vectors)
        except RecordError as error:
            # no case can continue without skills, so raise the class that stops a run
            raise SkillStoreError(str(error)) from error
