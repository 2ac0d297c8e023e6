"""What can go wrong at an endpoint, against a real HTTP server: whether it may pass, and never the key."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import time
import traceback
from contextlib import suppress
from email.utils import formatdate
from math import inf
from typing import Any

import pytest

from psychagent.assets.key import require_key
from psychagent.domain.cause import Cause
from psychagent.errors import SettingsError
from psychagent.llm.fault import Fault, retry_after
from psychagent.llm.servers.secrets import Veil, mask_bytes
from tests.support.endpoint_models import (
    KEY,
    WAYS,
    WHOLE,
    Way,
    choice,
    model_at_server,
    model_at_url,
    streamed,
)
from tests.support.loopback.server import Call, Http, chat_body, serve

BAD_BODIES: dict[str, Any] = {
    "cut off": '{"choices": [{"mess',
    "nothing": "",
    "a web page": "<html>Bad gateway</html>",
    "null": "null",
    "a list": "[]",
    "a string": '"hello"',
    "a number": "3",
    "no choices": {},
    "choices null": chat_body("x") | {"choices": None},
    "choices empty": chat_body("x") | {"choices": []},
    "choices a string": chat_body("x") | {"choices": "hello"},
    "choices a number": chat_body("x") | {"choices": 3},
    "a choice null": chat_body("x") | {"choices": [None]},
    "message null": choice(None),
    "content a number": choice({"role": "assistant", "content": 3}),
    "content an object": choice({"role": "assistant", "content": {"text": "hi"}}),
    "a role that is a list": choice({"role": ["assistant"], "content": "hi"}),
    "nested a thousand deep": "[" * 1010 + "]" * 1010,
    "another role": choice({"role": "user", "content": "hi"}),
    "nested without end": "[" * 5000,
    "a number without end": f'{{"choices": [{"9" * 5000}]}}',
    "an error in a 200": {"error": {"message": "overloaded", "code": 500}},
}


whole_answers = pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
every_way = pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)


@whole_answers
async def test_an_answer_that_is_no_chat_completion_is_a_passing_fault(ask: Way) -> None:
    current: dict[str, Any] = {}
    with serve(lambda call, n: Http(body=current["body"])) as server:
        async with model_at_server(server) as model:
            for name, body in BAD_BODIES.items():
                current["body"] = body
                with pytest.raises(Fault, match="the answer is no") as caught:
                    await ask(model)
                assert caught.value.passes, name
    assert len(server.calls) == len(BAD_BODIES), "the client library makes no attempts of its own"


@every_way
@pytest.mark.parametrize(
    ("status", "passes"),
    [(400, False), (401, False), (403, False), (404, False), (408, True), (409, True), (422, False)]
    + [(425, True), (429, True), (500, True), (502, True), (503, True), (529, True)],
)
async def test_a_status_tells_whether_it_may_pass(ask: Way, status: int, passes: bool) -> None:
    error = {"error": {"message": "sorry, not now"}}
    with serve(lambda call, n: Http(status=status, body=error)) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=f"HTTP {status} sorry, not now") as caught:
                await ask(model)
    assert caught.value.passes is passes
    assert len(server.calls) == 1


@every_way
@pytest.mark.parametrize(("status", "hint"), [(401, "check the key"), (404, "check base_url and model")])
async def test_a_status_that_a_person_must_mend_comes_with_a_hint(ask: Way, status: int, hint: str) -> None:
    with serve(lambda call, n: Http(status=status, body="no")) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=hint):
                await ask(model)


@every_way
async def test_the_key_is_never_said_even_where_the_server_says_it(
    ask: Way, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}."}}
    for status in (401, 500):
        answer = Http(status=status, body=echo)
        with serve(lambda call, n, answer=answer: answer) as server:  # type: ignore[misc]
            async with model_at_server(server, key=KEY) as model:
                with pytest.raises(Fault, match=r"Incorrect API key provided: \*\*\*") as caught:
                    await ask(model)
        printed = "".join(traceback.format_exception(caught.value))
        assert KEY not in printed
        assert KEY not in repr(model)
    assert KEY not in caplog.text


def test_a_key_that_no_header_can_carry_is_refused_before_a_call_without_being_said() -> None:
    assert require_key("K", {"K": f"{KEY}\r\n"}) == KEY
    for broken in (f"{KEY}\n{KEY}", f"{KEY}’"):
        with pytest.raises(SettingsError, match="'K' holds characters that no key has") as caught:
            require_key("K", {"K": broken})
        assert KEY not in str(caught.value)


@every_way
async def test_a_dropped_connection_is_a_passing_fault_that_names_the_address(ask: Way) -> None:
    with serve(lambda call, n: Http(drop=True)) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=f"no connection to {server.base_url}") as caught:
                await ask(model)
    assert caught.value.passes


@every_way
async def test_a_server_that_is_not_there_is_a_passing_fault(ask: Way) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with model_at_url(f"http://127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match=f"no connection to http://127.0.0.1:{port}/v1") as caught:
            await ask(model)
    assert caught.value.passes
    assert caught.value.cause is Cause.DOWN


@every_way
async def test_a_slow_answer_times_out(ask: Way) -> None:
    with serve(lambda call, n: Http(body=chat_body("late"), delay_sec=3)) as server:
        async with model_at_server(server, timeout_sec=0.2) as model:
            began = time.monotonic()
            with pytest.raises(Fault, match="no answer within timeout_sec") as caught:
                await ask(model)
    assert time.monotonic() - began < 2
    assert caught.value.passes


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n")
    try:
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)
    except ConnectionError:
        pass
    finally:
        writer.close()


@every_way
async def test_an_answer_that_drips_times_out_too(ask: Way) -> None:
    server = await asyncio.start_server(_drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, model_at_url(f"http://127.0.0.1:{port}/v1", None, {"timeout_sec": 0.4}) as model:
        began = time.monotonic()
        with pytest.raises(Fault, match="no answer within timeout_sec"):
            await ask(model)
        assert time.monotonic() - began < 2


SERVER_WORDS = {
    "an object": ({"error": {"message": "model 'm' not found"}}, "model 'm' not found"),
    "a string": ({"error": "model 'm' not found"}, "model 'm' not found"),
    "a list of problems": (
        {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        "body.seed: Extra inputs are not permitted",
    ),
    "plain text": ("max_tokens is too large", "max_tokens is too large"),
    "a page": ("<html><style>p {}</style><body><h1>502 Bad gateway</h1></body></html>", "502 Bad gateway"),
}


@every_way
@pytest.mark.parametrize("shape", SERVER_WORDS)
async def test_the_servers_own_words_are_told_whatever_shape_they_are_in(ask: Way, shape: str) -> None:
    body, words = SERVER_WORDS[shape]
    with serve(lambda call, n: Http(status=400, body=body)) as server:  # type: ignore[arg-type]
        async with model_at_server(server) as model:
            with pytest.raises(Fault) as caught:
                await ask(model)
    assert str(caught.value).partition("; try ")[0] == f"HTTP 400 {words}"


@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_an_answer_of_unreasonable_size_is_a_passing_fault_and_is_not_held(ask: Way) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        with suppress(ConnectionError):
            for _ in range(60):
                writer.write(b" " * 2**20)
                await writer.drain()
                sent.append(2**20)
        writer.close()

    sent: list[int] = []
    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, model_at_url(f"http://127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match="the answer is larger than 16 MB") as caught:
            await ask(model)
    assert caught.value.passes
    assert sum(sent) < 40 * 2**20, "the rest was not taken"


def packed(body: bytes, encoding: str = "gzip") -> Http:
    return Http(body=gzip.compress(body), headers={"content-encoding": encoding})


@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_an_answer_that_is_packed_unasked_is_unpacked_within_bounds(ask: Way) -> None:
    answers = [packed(json.dumps(chat_body("hi")).encode()), packed(b"x" * 2**25), packed(b"{}", "br")]
    with serve(lambda call, n: answers[n]) as server:
        async with model_at_server(server) as model:
            assert (await ask(model)).content == "hi"
            with pytest.raises(Fault, match="the answer is larger than 16 MB") as caught:
                await ask(model)
            assert caught.value.passes
            with pytest.raises(Fault, match="is packed as 'br', which was not asked for") as caught:
                await ask(model)
            assert not caught.value.passes
    assert server.calls[0].headers["accept-encoding"] == "identity"


@every_way
async def test_an_answer_that_ends_too_early_is_a_passing_fault(ask: Way) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, model_at_url(f"http://127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match="the answer broke off") as caught:
            await ask(model)
    assert caught.value.passes


@every_way
async def test_a_redirect_is_not_followed(ask: Way) -> None:
    elsewhere = Http(status=307, headers={"location": "http://127.0.0.1:9/v1"})
    with serve(lambda call, n: elsewhere) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match="HTTP 307") as caught:
                await ask(model)
    assert not caught.value.passes
    assert len(server.calls) == 1


TO_IT = "where nothing is sent; set base_url to it if that is your server"
ELSEWHERE = "it points elsewhere, where nothing is sent; set base_url to the server's own address"
MOVES = {
    "https://api.host/v2/chat/completions": f"it points to https://api.host/v2, {TO_IT}",
    "https://api.host/v2/chat/completions?key=SECRET99": f"it points to https://api.host/v2, {TO_IT}",
    "http://me:SECRET99@api.host/v2": f"it points to http://api.host/v2, {TO_IT}",
    f"http://api.host/{KEY}/v2": ELSEWHERE,
    "/v2/chat/completions?key=SECRET99": f"it points to the path '/v2/chat/completions' there, {TO_IT}",
    f"/{KEY}/v2": ELSEWHERE,
    "http://[::bad": ELSEWHERE,
    "ftp://host/v1#SECRET99": f"it points to the path 'ftp://host/v1' there, {TO_IT}",
    "": ELSEWHERE,
}


@every_way
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_told_with_its_place_and_what_to_set(ask: Way, status: int) -> None:
    # the library that streams reads the place first, and takes a broken one for a broken answer
    places = [place for place in MOVES if ask is not streamed or "[" not in place]

    def moved(call: Call, number: int) -> Http:
        return Http(status=status, body="gone", headers={"location": places[number]})

    with serve(moved) as server:
        async with model_at_server(server, key=KEY) as model:
            for place in places:
                with pytest.raises(Fault) as caught:
                    await ask(model)
                at = f"{server.base_url}/chat/completions"
                assert str(caught.value) == f"HTTP {status} gone ({at}); {MOVES[place]}"
                assert not caught.value.passes


@every_way
async def test_nothing_of_the_shell_reaches_the_server(ask: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {
        "OPENAI_ORG_ID": "org-SECRET",
        "OPENAI_PROJECT_ID": "proj-SECRET",
        "OPENAI_CUSTOM_HEADERS": "X-Custom: SECRET",
        "OPENAI_API_KEY": "sk-SECRET",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/SECRET",
        "OPENAI_PROXY": "http://127.0.0.1:9",
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    with serve() as server:
        async with model_at_server(server) as model:
            await ask(model)
    assert "SECRET" not in str(server.calls[0].headers)


@every_way
async def test_a_proxy_of_the_environment_is_asked_and_named_where_it_fails(ask: Way) -> None:
    with serve() as proxy, serve() as server:
        port = proxy.base_url.rsplit(":", 1)[1].removesuffix("/v1")
        env = {"HTTP_PROXY": f"http://127.0.0.1:{port}"}
        async with model_at_url(server.base_url, None, {}, env) as model:
            await ask(model)
        async with model_at_url(server.base_url, None, {}, env | {"NO_PROXY": "127.0.0.0/8,[::1]"}) as model:
            await ask(model)
        assert (len(proxy.calls), len(server.calls)) == (1, 1)
        assert proxy.calls[0].path == f"{server.base_url}/chat/completions"
    env = {"all_proxy": "http://user:SECRET@127.0.0.1:9"}
    async with model_at_url(server.base_url, None, {}, env) as model:
        with pytest.raises(Fault, match="no connection to .* through the proxy of all_proxy") as caught:
            await ask(model)
    assert caught.value.passes
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


@every_way
async def test_a_proxy_is_told_who_asks_and_its_refusal_is_final(ask: Way) -> None:
    def refuse(call: Call, number: int) -> Http:
        return Http(status=407, body="who are you?")

    with serve(refuse) as proxy, serve() as server:
        port = proxy.base_url.rsplit(":", 1)[1].removesuffix("/v1")
        env = {"HTTP_PROXY": f"http://me:SECRET@127.0.0.1:{port}"}
        async with model_at_url(server.base_url, None, {}, env) as model:
            with pytest.raises(Fault, match="407") as caught:
                await ask(model)
    assert not caught.value.passes
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))
    assert proxy.calls[0].headers["proxy-authorization"].startswith("Basic ")


UNUSABLE = {
    "HTTP_PROXY": ("http://", "names no proxy"),
    "http_proxy": ("http://me:SECRET@host:99999", "names no proxy"),
    "ALL_PROXY": ("socks5h://127.0.0.1:9", "a proxy of kind 'socks5h'"),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_a_proxy_that_cannot_be_used_is_refused_by_name_before_a_call(name: str) -> None:
    value, told = UNUSABLE[name]
    with pytest.raises(SettingsError, match=told) as caught:
        async with model_at_url("http://127.0.0.1:9/v1", None, {}, {name: value}):
            pass
    assert repr(name) in str(caught.value)
    assert "SECRET" not in str(caught.value)


async def test_certificates_that_are_none_are_refused_before_a_call() -> None:
    with pytest.raises(SettingsError, match="'SSL_CERT_FILE' names '/none', which is not there"):
        async with model_at_url("https://127.0.0.1:9/v1", None, {}, {"SSL_CERT_FILE": "/none"}):
            pass


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("data: [DONE]\n\n", "an empty stream"),
        ("data: {nonsense\n\n", "not JSON"),
        ('data: {"choices": [{"delta": 3}]}\n\n', "no chat completion"),
        ('data: {"error": {"message": "overloaded"}}\n\n', "overloaded"),
    ],
)
# the client library warns of the shape too
@pytest.mark.filterwarnings("ignore:Pydantic serializer")
async def test_a_stream_that_goes_wrong_is_a_passing_fault(body: str, told: str) -> None:
    headers = {"x-stream": "1"}
    with serve(lambda call, n: Http(body=body, headers=headers)) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=told) as caught:
                await streamed(model)
    assert caught.value.passes


@every_way
async def test_retry_after_is_read_from_the_answer(ask: Way) -> None:
    answer = Http(status=429, body={"error": {"message": "slow down"}}, headers={"retry-after": "7"})
    with serve(lambda call, n: answer) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match="HTTP 429 slow down") as caught:
                await ask(model)
    assert caught.value.wait_sec == 7


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-4", 0.0),
        (formatdate(1_000_030, usegmt=True), 30.0),
        (formatdate(999_000, usegmt=True), 0.0),
        ("soon", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", inf),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_401_300_799.0),
        ("9" * 400, inf),
        ("Mon, 41 Jan 2026 00:00:00 GMT", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, now=1_000_000) == seconds


@pytest.mark.parametrize("cut", range(1, 24))
def test_a_secret_that_arrives_in_pieces_is_shown_in_none_of_them(cut: int) -> None:
    secret, text = "sk-veryprivate99", "Your key is sk-veryprivate99, and sk-very is none."
    veil = Veil([secret, "none"])
    pieces = [text[at : at + cut] for at in range(0, len(text), cut)]
    shown = "".join(veil.past(piece) for piece in pieces) + veil.rest()
    assert shown == "Your key is ***, and sk-very is none."


def test_a_key_that_is_no_secret_tears_no_hole_into_an_answer() -> None:
    said = b'{"danger": "none", "prompt_tokens": 10}'
    assert mask_bytes(said, ["none", "1", "test"]) == said
    assert mask_bytes(rb"key aa\/bb\/secret99 and aa/bb/secret99", ["aa/bb/secret99"]) == b"key *** and ***"
