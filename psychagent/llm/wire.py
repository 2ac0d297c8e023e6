"""The wire: posts JSON to endpoints over one pool of connections, and turns every error into a Fault.

It knows neither prompts nor completions. Chats and embedders share it, with and without LangChain
above it, so proxies, time limits, the bound on an answer's size and the words of faults are the same.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import aiohttp
from yarl import URL

from psychagent.llm.fault import Fault, broken_off, make_fault, no_connection, of_status, timed_out
from psychagent.llm.proxy import Proxy, certificates, proxy_for

MOST_BYTES = 16 * 2**20
"""Largest answer that is read; a long one has some ten kilobytes."""
_FIXED = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "psychagent"}
# an answer that was not asked to be compressed cannot swell while it is read
_PLAIN = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Target:
    """Where to post, prepared once."""

    url: URL
    headers: Mapping[str, str]
    timeout_sec: float
    """Seconds until an attempt times out, even while the server keeps sending."""
    key: str
    """Masked in every message; empty if there is none."""
    proxy: Proxy | None

    @property
    def address(self) -> str:
        """The URL without user and query, and the proxy in between, for messages."""
        place = str(self.url.with_user(None).with_query(None)) if self.url.absolute else str(self.url)
        return f"{place} through the proxy of {self.proxy.variable}" if self.proxy else place


class Closable(Protocol):
    """A client with connections of its own."""

    async def aclose(self) -> None:
        """Close them."""


@dataclass
class Wire:
    """A pool of connections; opened at the first call, for the event loop that makes it."""

    env: Mapping[str, str]
    """Where proxies and certificates are named."""
    _session: aiohttp.ClientSession | None = field(default=None, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _others: list[Closable] = field(default_factory=list, init=False)

    def target(self, base_url: str, path: str, *, key: str | None, timeout_sec: float) -> Target:
        """Prepare a target.

        Raises:
            SettingsError: If the environment names a proxy that cannot be used.
        """
        text = f"{base_url.rstrip('/')}/{path}"
        try:
            url = URL(text)
        except ValueError as error:
            raise _no_address(text, error, key or "") from error
        headers = _FIXED | _PLAIN
        if url.user is not None:
            pair = f"{url.user}:{url.password or ''}".encode()
            headers |= {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
            url = url.with_user(None)
        elif key:
            headers |= {"Authorization": f"Bearer {key}"}
        return Target(url, headers, timeout_sec, key or "", proxy_for(text, self.env))

    async def post(self, target: Target, body: bytes) -> bytes:
        """Post a body and return the answer's.

        Raises:
            Fault: If there is no answer with status 200 within the target's time limit.
        """
        try:
            async with asyncio.timeout(target.timeout_sec):
                return await self._post(target, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            fault = _to_fault(error, target)
            # a traceback prints the whole chain, so do not chain an error that holds the key
            raise fault from (None if target.key and target.key in str(error) else error)

    async def _post(self, target: Target, body: bytes) -> bytes:
        async with self._open().post(
            target.url,
            data=body,
            headers=target.headers,
            proxy=target.proxy.url if target.proxy else None,
            ssl=self._certificates if target.url.scheme == "https" else True,
            allow_redirects=False,
        ) as response:
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise make_fault(
                    "the answer is compressed, which was not asked for", passes=True, key=target.key
                )
            data = await _read(response, target.key)
            if response.status != 200:
                raise of_status(response.status, _lowered(response.headers), data, target.key)
            return data

    def _open(self) -> aiohttp.ClientSession:
        """Return the pool of the running loop."""
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                # the gate bounds calls, not the pool; the target's time limit is for the whole attempt
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return certificates(self.env)

    def close_too(self, client: Closable) -> None:
        """Close another client's connections together with these."""
        self._others.append(client)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
        for client in self._others:
            await client.aclose()


async def _read(response: aiohttp.ClientResponse, key: str) -> bytes:
    """Read a whole body, but no more of it than any answer needs."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            response.close()
            raise make_fault(f"the answer is larger than {MOST_BYTES // 2**20} MB", passes=True, key=key)
    return b"".join(parts)


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _no_address(text: str, error: Exception, key: str) -> Fault:
    return no_connection(text.rpartition("@")[2], error, passes=False, key=key)


def _to_fault(error: Exception, target: Target) -> Fault:
    """Describe what the client library raised."""
    if isinstance(error, TimeoutError):
        return timed_out(target.key)
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | ValueError):
        return no_connection(target.address, error, passes=False, key=target.key)
    is_answer = isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError)
    if is_answer and not isinstance(error, aiohttp.ClientHttpProxyError):
        return broken_off(error, target.key)
    return no_connection(target.address, error, passes=True, key=target.key)
