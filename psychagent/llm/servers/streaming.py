"""The pool that carries streamed answers: whatever reads them is told of one that ends too early."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from psychagent.llm.fault import UnreadableError
from psychagent.llm.servers.completion import ENDS_EARLY
from psychagent.llm.wire import Target, Wire

# in the text of a reply, a line break and a quotation mark are escaped
_EVENT = re.compile(rb"[\r\n]data:[ \t]*\{")
_END = re.compile(rb'[\r\n]data:[ \t]*\[DONE\]|"finish_reason"\s*:\s*"[^"]')
_LONGEST_BYTES = 64
"""More than any mark has."""


def streaming_client(wire: Wire, target: Target) -> httpx.AsyncClient:
    """Open a pool for streams by the wire's own rules of proxies and certificates."""
    client = httpx.AsyncClient(
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        timeout=None,
        trust_env=False,
        proxy=httpx.Proxy(target.proxy.url, auth=target.proxy.login) if target.proxy else None,
        verify=wire.certificates if target.url.scheme == "https" else False,
        event_hooks={"response": [_watch]},
    )
    wire.close_too(client)
    return client


async def _watch(response: httpx.Response) -> None:
    """Let a body be read through what looks for its end.

    The client library hands on the words of events and keeps the mark of the end to itself, so that whoever
    reads the words cannot tell a whole reply from half of one.
    """
    if response.is_success:
        read = response.aiter_bytes
        response.aiter_bytes = lambda chunk_size=None: _to_its_end(read(chunk_size))  # type: ignore[method-assign]


async def _to_its_end(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass a body on.

    Raises:
        UnreadableError: If it is a stream that ends before the reply does.
    """
    seen = _Seen()
    async for part in parts:
        seen.add(part)
        yield part
    if seen.is_begun and not seen.is_ended:
        raise UnreadableError(ENDS_EARLY)


@dataclass
class _Seen:
    """What was seen of a stream so far."""

    is_begun: bool = False
    is_ended: bool = False
    tail: bytes = b"\n"

    def add(self, part: bytes) -> None:
        text = self.tail + part
        self.is_begun = self.is_begun or bool(_EVENT.search(text))
        self.is_ended = self.is_ended or bool(_END.search(text))
        self.tail = text[-_LONGEST_BYTES:]
