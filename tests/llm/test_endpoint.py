"""The model behind an endpoint, against a real HTTP server: what is sent, read, refused and never said."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.utils import formatdate
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from psychagent.assets.settings import EndpointSettings
from psychagent.domain.reply import CounselorReply, parse_tagged_reply
from psychagent.errors import SettingsError
from psychagent.flows.build import open_client, require_key
from psychagent.llm.endpoint import OpenModel, build_endpoint
from psychagent.llm.fault import Fault, retry_after
from psychagent.llm.prompt import assistant, system, user
from tests.loopback.replies import counselor_reply
from tests.loopback.server import Http, LoopbackServer, chat_body, serve

KEY = "sk-secret-1234567890"
ASK = [system("You help."), user("Hello"), assistant("Hi"), user("Again")]


@asynccontextmanager
async def _model(base_url: str, key: str | None, over: dict[str, Any]) -> AsyncIterator[OpenModel]:
    given: dict[str, Any] = {
        "base_url": base_url,
        "model": "small",
        "timeout_sec": 5,
        "max_tokens": 77,
    } | over
    async with open_client() as client:
        yield build_endpoint(EndpointSettings.model_validate(given), key=key, client=client)


def at(
    server: LoopbackServer, *, key: str | None = None, **over: Any
) -> AbstractAsyncContextManager[OpenModel]:
    return _model(server.base_url, key, over)


async def said(model: OpenModel, **options: Any) -> AIMessage:
    return await model.ainvoke(list(ASK), **options)


async def streamed(model: OpenModel) -> AIMessageChunk:
    pieces = [piece async for piece in model.astream(list(ASK))]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    assert isinstance(whole, AIMessageChunk)
    return whole


def choice(message: Any) -> dict[str, Any]:
    return chat_body("x") | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


async def test_the_request_holds_what_open_servers_understand() -> None:
    with serve() as server:
        async with at(server, key=KEY, temperature=0.3, top_p=0.9, extra_body={"top_k": 20}) as model:
            await said(model, seed=5, response_format={"type": "json_object"})
    call = server.calls[0]
    assert call.body["messages"] == ASK
    assert call.body["max_tokens"] == 77
    assert "max_completion_tokens" not in call.body
    assert call.body["response_format"] == {"type": "json_object"}
    assert (call.body["seed"], call.body["temperature"], call.body["top_p"], call.body["top_k"]) == (
        5,
        0.3,
        0.9,
        20,
    )
    assert call.headers["authorization"] == f"Bearer {KEY}"


async def test_what_a_call_cost_is_read_with_its_cached_share() -> None:
    with serve(lambda call, n: Http(body=chat_body("hi there", prompt=120, cached=96))) as server:
        async with at(server) as model:
            message = await said(model)
    counts = message.usage_metadata
    assert counts is not None
    assert (counts["input_tokens"], counts["output_tokens"]) == (120, 2)
    assert counts["input_token_details"]["cache_read"] == 96


async def test_a_server_that_counts_no_tokens_is_read() -> None:
    with serve(lambda call, n: Http(body=chat_body("hi") | {"usage": None})) as server:
        async with at(server) as model:
            message = await said(model)
    assert message.text == "hi"
    assert message.usage_metadata is None


def parse(message: AIMessage) -> CounselorReply:
    reasoning = str(message.additional_kwargs.get("reasoning_content") or "")
    return parse_tagged_reply(str(message.text), reasoning=reasoning, end_token="</end>")


RAW = counselor_reply("How are you?", ends=True)
THOUGHTS = RAW.split("<think>")[1].split("</think>")[0]
VISIBLE = RAW.split("</think>")[1]


def moved(field: str) -> dict[str, Any]:
    return choice({"role": "assistant", "content": VISIBLE, field: THOUGHTS})


@pytest.mark.parametrize(
    "body",
    [
        chat_body(RAW),
        moved("reasoning_content"),
        moved("reasoning"),
        chat_body(f"{THOUGHTS}</think>{VISIBLE}"),
    ],
    ids=["in the content", "in reasoning_content", "in reasoning", "opened by the template"],
)
async def test_thoughts_are_read_wherever_a_server_puts_them(body: dict[str, Any]) -> None:
    with serve(lambda call, n: Http(body=body)) as server:
        async with at(server) as model:
            reply = parse(await said(model))
    assert reply.response == "How are you?"
    assert reply.ends_session
    assert reply.thoughts.client_state == "calm"
    assert reply.thoughts.skill == ("reflect",)


@pytest.mark.parametrize(
    "body",
    [chat_body(RAW), chat_body(VISIBLE, reasoning=THOUGHTS)],
    ids=["in the content", "in reasoning_content"],
)
async def test_a_stream_is_read_as_the_whole_reply_is(body: dict[str, Any]) -> None:
    with serve(lambda call, n: Http(body=body)) as server:
        async with at(server) as model:
            whole = await streamed(model)
    assert parse(whole) == parse_of(body)
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["input_tokens"] == 100


def parse_of(body: dict[str, Any]) -> CounselorReply:
    message = body["choices"][0]["message"]
    return parse_tagged_reply(
        message["content"], reasoning=message.get("reasoning_content") or "", end_token="</end>"
    )


async def test_a_reply_in_parts_is_read_as_its_text() -> None:
    parts = [{"type": "text", "text": "Hello "}, {"type": "text", "text": "there"}]
    with serve(lambda call, n: Http(body=choice({"role": "assistant", "content": parts}))) as server:
        async with at(server) as model:
            assert (await said(model)).content == "Hello there"


async def test_a_reply_without_words_is_left_to_the_reader() -> None:
    with serve(lambda call, n: Http(body=chat_body(None))) as server:
        async with at(server) as model:
            assert (await said(model)).content == ""


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
        async with at(server) as model:
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
        async with at(server) as model:
            with pytest.raises(Fault, match=f"HTTP {status} sorry, not now") as caught:
                await said(model)
    assert caught.value.passes is passes
    assert len(server.calls) == 1


@pytest.mark.parametrize(("status", "hint"), [(401, "check the key"), (404, "check base_url and model")])
async def test_a_status_that_a_person_must_mend_comes_with_a_hint(status: int, hint: str) -> None:
    with serve(lambda call, n: Http(status=status, body="no")) as server:
        async with at(server) as model:
            with pytest.raises(Fault, match=hint):
                await said(model)


async def test_the_key_is_never_said_even_where_the_server_says_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}."}}
    for status in (401, 500):
        answer = Http(status=status, body=echo)
        with serve(lambda call, n, answer=answer: answer) as server:  # type: ignore[misc]
            async with at(server, key=KEY) as model:
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
        async with at(server) as model:
            with pytest.raises(Fault, match=f"no connection to {server.base_url}") as caught:
                await said(model)
    assert caught.value.passes


async def test_a_server_that_is_not_there_is_a_passing_fault() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with _model(f"http://user:pass@127.0.0.1:{port}/v1", None, {}) as model:
        with pytest.raises(Fault, match=f"no connection to http://127.0.0.1:{port}/v1") as caught:
            await said(model)
    assert caught.value.passes
    assert "pass" not in str(caught.value)


async def test_an_address_that_is_none_is_tried_once() -> None:
    async with _model("localhost:8000/v1", None, {}) as model:
        with pytest.raises(Fault, match="no connection") as caught:
            await said(model)
    assert not caught.value.passes


async def test_a_slow_answer_times_out() -> None:
    with serve(lambda call, n: Http(body=chat_body("late"), delay_sec=3)) as server:
        async with at(server, timeout_sec=0.2) as model:
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
    async with server, _model(f"http://127.0.0.1:{port}/v1", None, {"timeout_sec": 0.4}) as model:
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
        async with at(server) as model:
            with pytest.raises(Fault, match=told) as caught:
                await streamed(model)
    assert caught.value.passes


@pytest.mark.parametrize("streaming", [False, True])
async def test_retry_after_is_read_from_the_answer(streaming: bool) -> None:
    answer = Http(status=429, body={"error": {"message": "slow down"}}, headers={"retry-after": "7"})
    with serve(lambda call, n: answer) as server:
        async with at(server) as model:
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


def test_two_event_loops_in_one_process_work_one_after_the_other() -> None:
    async def once(base_url: str) -> str:
        async with _model(base_url, None, {}) as model:
            return str((await said(model)).content)

    with serve(lambda call, n: Http(body=chat_body("hi"))) as server:
        assert asyncio.run(once(server.base_url)) == "hi"
        assert asyncio.run(once(server.base_url)) == "hi"
