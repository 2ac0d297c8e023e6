"""What can go wrong at an endpoint, against a real HTTP server: whether it may pass, and never the key."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import traceback
from email.utils import formatdate
from typing import Any

import pytest

from psychagent.assets.key import require_key
from psychagent.errors import SettingsError
from psychagent.llm.fault import Fault, retry_after
from tests.support.endpoint_models import KEY, choice, model_at_server, model_at_url, said, streamed
from tests.support.loopback.server import Http, chat_body, serve

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
    "another role": choice({"role": "user", "content": "hi"}),
    "usage a string": chat_body("x") | {"usage": "many"},
    "usage in words": chat_body("x") | {"usage": {"prompt_tokens": "ten", "completion_tokens": 1}},
    "an error in a 200": {"error": {"message": "overloaded", "code": 500}},
}


async def test_an_answer_that_is_no_chat_completion_is_a_passing_fault() -> None:
    current: dict[str, Any] = {}
    with serve(lambda call, n: Http(body=current["body"])) as server:
        async with model_at_server(server) as model:
            for name, body in BAD_BODIES.items():
                current["body"] = body
                with pytest.raises(Fault, match="the answer is no") as caught:
                    await said(model)
                assert caught.value.passes, name
    assert len(server.calls) == len(BAD_BODIES), "the client library makes no attempts of its own"


@pytest.mark.parametrize(
    ("status", "passes"),
    [(400, False), (401, False), (403, False), (404, False), (408, True), (409, True), (422, False)]
    + [(425, True), (429, True), (500, True), (502, True), (503, True), (529, True)],
)
async def test_a_status_tells_whether_it_may_pass(status: int, passes: bool) -> None:
    error = {"error": {"message": "sorry, not now"}}
    with serve(lambda call, n: Http(status=status, body=error)) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=f"HTTP {status} sorry, not now") as caught:
                await said(model)
    assert caught.value.passes is passes
    assert len(server.calls) == 1


@pytest.mark.parametrize(("status", "hint"), [(401, "check the key"), (404, "check base_url and model")])
async def test_a_status_that_a_person_must_mend_comes_with_a_hint(status: int, hint: str) -> None:
    with serve(lambda call, n: Http(status=status, body="no")) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=hint):
                await said(model)


async def test_the_key_is_never_said_even_where_the_server_says_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}."}}
    for status in (401, 500):
        answer = Http(status=status, body=echo)
        with serve(lambda call, n, answer=answer: answer) as server:  # type: ignore[misc]
            async with model_at_server(server, key=KEY) as model:
                with pytest.raises(Fault, match=r"Incorrect API key provided: \*\*\*") as caught:
                    await said(model)
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


async def test_a_dropped_connection_is_a_passing_fault_that_names_the_address() -> None:
    with serve(lambda call, n: Http(drop=True)) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=f"no connection to {server.base_url}") as caught:
                await said(model)
    assert caught.value.passes


async def test_a_server_that_is_not_there_is_a_passing_fault() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with model_at_url(f"http://user:pass@127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match=f"no connection to http://127.0.0.1:{port}/v1") as caught:
            await said(model)
    assert caught.value.passes
    assert "pass" not in str(caught.value)


async def test_an_address_that_is_none_is_tried_once() -> None:
    async with model_at_url("localhost:8000/v1", None, {}) as model:
        with pytest.raises(Fault, match="no connection") as caught:
            await said(model)
    assert not caught.value.passes


async def test_a_slow_answer_times_out() -> None:
    with serve(lambda call, n: Http(body=chat_body("late"), delay_sec=3)) as server:
        async with model_at_server(server, timeout_sec=0.2) as model:
            began = time.monotonic()
            with pytest.raises(Fault, match="no answer within timeout_sec") as caught:
                await said(model)
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


async def test_an_answer_that_drips_times_out_too() -> None:
    server = await asyncio.start_server(_drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, model_at_url(f"http://127.0.0.1:{port}/v1", None, {"timeout_sec": 0.4}) as model:
        began = time.monotonic()
        with pytest.raises(Fault, match="no answer within timeout_sec"):
            await said(model)
        assert time.monotonic() - began < 2


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


@pytest.mark.parametrize("streaming", [False, True])
async def test_retry_after_is_read_from_the_answer(streaming: bool) -> None:
    answer = Http(status=429, body={"error": {"message": "slow down"}}, headers={"retry-after": "7"})
    with serve(lambda call, n: answer) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match="HTTP 429 slow down") as caught:
                await (streamed(model) if streaming else said(model))
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
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, now=1_000_000) == seconds
