"""The wire: posts JSON to endpoints over one pool of connections, and turns every error into a Fault.

It knows neither prompts nor completions. Chats and embedders share it, with and without LangChain
above it, so proxies, time limits, the bound on an answer's size and the words of faults are the same.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import aiohttp
from yarl import URL

from psychagent.assets.key import require_headers
from psychagent.errors import SettingsError
from psychagent.llm.fault import (
    Fault,
    broken_off,
    make_fault,
    no_connection,
    no_tunnel,
    of_status,
    timed_out,
)
from psychagent.llm.servers.packed import unpacker_for
from psychagent.llm.servers.proxy import Proxy, certificates, proxy_for
from psychagent.llm.servers.secrets import holds_secret, mask_bytes

MOST_BYTES = 16 * 2**20
"""Largest answer that is read; a long one has some ten kilobytes."""
_FIXED = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "psychagent"}
_PLAIN = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Target:
    """Where to post, prepared once."""

    url: URL
    headers: Mapping[str, str]
    timeout_sec: float
    """Seconds until an attempt times out, even while the server keeps sending."""
    key: str
    """Empty if there is none."""
    proxy: Proxy | None
    proxy_headers: Mapping[str, str] = field(default_factory=dict)
    """Tell a proxy who asks, where the request goes through a tunnel."""
    most_bytes: int = MOST_BYTES
    """Size of the largest answer that is read."""
    secrets: tuple[str, ...] = ()
    """Masked in every message: the key and what else the environment holds for the headers."""

    @property
    def address(self) -> str:
        """The URL, and the proxy in between, for messages."""
        return f"{self.url} through the proxy of {self.through}" if self.proxy else str(self.url)

    @property
    def through(self) -> str:
        """The variable that names the proxy in between, and how to do without; empty if there is none."""
        if self.proxy is None:
            return ""
        return f"{self.proxy.variable}; list {self.url.host!r} in NO_PROXY to go without"


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

    def target(
        self,
        base_url: str,
        path: str,
        *,
        key: str | None,
        timeout_sec: float,
        headers: Mapping[str, str] | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> Target:
        """Prepare a target.

        Args:
            base_url: The address, as settings hold it.
            path: What is asked there.
            key: The key itself; None if none is needed.
            timeout_sec: Seconds until an attempt times out.
            headers: Those that settings add; `$NAME` stands for a variable's value.
            most_bytes: Size of the largest answer that is read.

        Raises:
            SettingsError: If the address is none, a variable is not set, or the environment names a proxy or
                certificates that cannot be used.
        """
        text = f"{base_url.rstrip('/')}/{path}"
        try:
            url = URL(text)
        except ValueError as error:
            raise SettingsError(f"base_url: {text!r} is no address; mend it") from error
        if url.scheme == "https":
            # now, so that missing certificates are told before the first call
            _ = self.certificates
        more, secrets = require_headers(headers or {}, self.env)
        authorization = {"Authorization": f"Bearer {key}"} if key else {}
        sent = _FIXED | _PLAIN | authorization | more
        proxy = proxy_for(text, self.env)
        login = {"Proxy-Authorization": _basic(*proxy.login)} if proxy and proxy.login else {}
        if url.scheme == "http":
            # such a request is the proxy's own; through a tunnel only the request for the tunnel is
            sent |= login
        passwords = [proxy.login[1], _basic(*proxy.login).split()[1]] if proxy and proxy.login else []
        hidden = tuple(filter(None, (key, *secrets, *passwords)))
        return Target(url, sent, timeout_sec, key or "", proxy, login, most_bytes, hidden)

    async def post(self, target: Target, body: bytes) -> bytes:
        """Post a body and return the answer's.

        Raises:
            Fault: If there is no answer with a status of success within the target's time limit.
        """
        try:
            async with asyncio.timeout(target.timeout_sec):
                return await self._post(target, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RuntimeError, zlib.error) as error:
            fault = _to_fault(error, target)
            # a traceback prints the whole chain, so do not chain an error that holds a secret
            raise fault from (None if holds_secret(str(error), target.secrets) else error)

    async def _post(self, target: Target, body: bytes) -> bytes:
        async with self._open().post(
            target.url,
            data=body,
            headers=target.headers,
            proxy=target.proxy.url if target.proxy else None,
            proxy_headers=target.proxy_headers,
            ssl=self.certificates if target.url.scheme == "https" else True,
            allow_redirects=False,
        ) as response:
            data = await _read(response, target)
            if not 200 <= response.status < 300:
                headers = _lowered(response.headers)
                named = {"address": str(target.url), "through": target.through}
                raise of_status(response.status, headers, data, target.secrets, **named)
            # a server or gateway that repeats the key would put it into transcripts
            return mask_bytes(data, target.secrets)

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
    def certificates(self) -> ssl.SSLContext:
        """The certificates to trust."""
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


async def _read(response: aiohttp.ClientResponse, target: Target) -> bytes:
    """Read a whole body, but no more of it than any answer needs; some proxies pack it unasked."""
    encodings = response.headers.getall("Content-Encoding", [])
    unpacker = unpacker_for(encodings)
    if unpacker is None:
        problem = f"the answer is packed as {', '.join(encodings).lower()!r}, which was not asked for"
        raise make_fault(problem, passes=False, secrets=target.secrets)
    parts, size = [], 0
    async for packed in response.content.iter_any():
        part = unpacker.unpack(packed, target.most_bytes)
        parts.append(part)
        size += len(part)
        if size > target.most_bytes or len(part) == target.most_bytes:
            response.close()
            most = f"{target.most_bytes // 2**20} MB"
            raise make_fault(f"the answer is larger than {most}", passes=True, secrets=target.secrets)
    unpacker.end()
    return b"".join(parts)


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _to_fault(error: Exception, target: Target) -> Fault:
    """Describe what the client library raised."""
    if isinstance(error, TimeoutError):
        return timed_out(target.secrets)
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | ValueError):
        return no_connection(target.address, error, passes=False, secrets=target.secrets)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return no_tunnel(target.address, error.status, target.secrets)
    if isinstance(error, aiohttp.ClientConnectorError):
        # its own words name objects of the program
        return no_connection(target.address, error.os_error, passes=True, secrets=target.secrets)
    if isinstance(error, aiohttp.ClientResponseError):
        # the rest of its words quotes the answer, which may be a whole reply
        return broken_off(ConnectionError(error.message.partition("\n")[0].rstrip(":")), target.secrets)
    if isinstance(error, aiohttp.ClientPayloadError | zlib.error):
        return broken_off(error, target.secrets)
    return no_connection(target.address, error, passes=True, secrets=target.secrets)
