"""What is live in a process: keys, connections, the gate, the reporter of calls, how to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType

import httpx

from psychagent.domain.usage import Usage
from psychagent.errors import SettingsError
from psychagent.llm.gate import Gate

DEFAULT_CALLS = 64
"""Model calls at a time where nobody says otherwise."""


def tell_nobody(usage: Usage) -> None:
    """Hear of a call and do nothing."""


@dataclass(frozen=True)
class Live:
    """One value that every builder takes; belongs to one event loop."""

    env: Mapping[str, str]
    """Where keys are looked up by name."""
    http: httpx.AsyncClient
    gate: AbstractAsyncContextManager[None]
    """Bounds the model calls at a time, of every role and every case."""
    report: Callable[[Usage], None] = tell_nobody
    """Told of every answered model call."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How to wait before another attempt; a run passes one that a stop cuts short."""

    async def __aenter__(self) -> Live:
        """Use the connections while a block runs."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.http.aclose()


def open_live(
    env: Mapping[str, str],
    *,
    calls: int = DEFAULT_CALLS,
    report: Callable[[Usage], None] = tell_nobody,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Live:
    """Open what is live for one event loop; `async with` closes its connections.

    Args:
        env: Where keys are looked up; pass `os.environ`.
        calls: Most model calls at a time.
        report: Told of every answered model call.
        sleep: How to wait before another attempt.
    """
    return Live(env, open_client(), Gate(calls), report, sleep)


def open_client() -> httpx.AsyncClient:
    """Open a connection pool for one event loop; the gate bounds calls, not the pool."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(limits=limits, timeout=None)


def require_key(name: str | None, env: Mapping[str, str]) -> str | None:
    """Look a key up by the name of its variable.

    Raises:
        SettingsError: If a variable is named and not set; the message names it, never its value.
    """
    if name is None:
        return None
    key = env.get(name, "").strip()
    if not key:
        raise SettingsError(f"environment variable {name!r} is not set; put the endpoint's key there")
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(
            f"environment variable {name!r} holds characters that no key has; copy the key again"
        )
    return key
