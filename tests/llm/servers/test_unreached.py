"""Why a server was not reached is told in words for whoever set its address, by every client alike."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
import ssl
from typing import Any

import pytest

from psychagent.llm.fault import Fault
from psychagent.llm.servers.unreached import why_unreached
from tests.support.endpoint_models import WAYS, Way, model_at_server, model_at_url
from tests.support.library_words import library_words
from tests.support.loopback.server import Http, serve

every_way = pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)


def _refused() -> OSError:
    return OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def _behind(inner: BaseException) -> Exception:
    outer = RuntimeError("[Errno 111] wrapped")
    outer.__cause__ = inner
    return outer


def _named(name: str, words: str = "") -> Exception:
    kind: Any = type(name, (Exception,), {})
    return kind(words)  # type: ignore[no-any-return]


SEVERAL = "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), [Errno 111] Connect call"
CASES = [
    (_refused(), "nothing listens there; start the server"),
    (_behind(_refused()), "nothing listens there"),
    (_behind(ExceptionGroup("both", [_refused(), _refused()])), "nothing listens there"),
    (OSError(SEVERAL), "nothing listens there"),
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "its host name is not known"),
    (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "host names cannot be looked up now"),
    (ConnectionResetError(errno.ECONNRESET, "reset"), "the server hung up"),
    (OSError(errno.EHOSTUNREACH, "No route to host"), "its host cannot be reached"),
    (
        ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1010)"),
        "no secure connection",
    ),
    (ssl.SSLCertVerificationError(1, "[SSL] certificate verify failed (_ssl.c:1010)"), "is not trusted"),
    (_named("ServerDisconnectedError", "Server disconnected"), "the server hung up"),
    (_named("ClientPayloadError", "400, message='Not enough data'"), "it ended before it was whole"),
    (_named("InvalidURL", "http://"), "its address is none"),
    (_named("Unheard", ""), "the server hung up"),
    (_named("Unheard", "[Errno 9999] odd"), "odd"),
]


@pytest.mark.parametrize(("error", "said"), CASES)
def test_each_reason_is_told_in_our_words(error: BaseException, said: str) -> None:
    told = why_unreached(error)
    assert told.startswith(said) or said in told
    assert library_words(told) == []


async def _speaks_no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(64)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


@every_way
async def test_a_server_without_https_is_told_so(ask: Way) -> None:
    server = await asyncio.start_server(_speaks_no_tls, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, model_at_url(f"https://127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match="it does not speak https there; check scheme and port") as caught:
            await ask(model)
    assert library_words(str(caught.value)) == []


ODD_HEADS = {
    "another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "a long header": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 20_000 + b"\r\n\r\n{}",
}


@every_way
@pytest.mark.parametrize("kind", ODD_HEADS)
async def test_an_answer_that_begins_oddly_is_a_fault_of_the_server(ask: Way, kind: str) -> None:
    with serve(lambda call, at: Http(raw=ODD_HEADS[kind])) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault) as caught:
                await ask(model)
    assert library_words(str(caught.value)) == []
    assert "b'" not in str(caught.value)


@every_way
async def test_a_port_without_a_server_is_told_so(ask: Way) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with model_at_url(f"http://127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match=re.escape("nothing listens there; start the server")) as caught:
            await ask(model)
    assert library_words(str(caught.value)) == []


@every_way
async def test_a_server_that_hangs_up_is_told_so(ask: Way) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.close()

    server = await asyncio.start_server(hangs_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, model_at_url(f"http://127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match="the server hung up without an answer") as caught:
            await ask(model)
    assert library_words(str(caught.value)) == []
