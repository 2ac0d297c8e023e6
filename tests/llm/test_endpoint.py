"""The model behind an endpoint, against a real HTTP server: what is sent and how answers are read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from psychagent.replies.reply import CounselorReply
from psychagent.replies.tags import parse_tagged_reply
from tests.support.endpoint_models import ASK, KEY, choice, model_at_server, model_at_url, said, streamed
from tests.support.loopback.replies import counselor_reply
from tests.support.loopback.server import Http, chat_body, serve


async def test_the_request_holds_what_open_servers_understand() -> None:
    with serve() as server:
        async with model_at_server(
            server, key=KEY, temperature=0.3, top_p=0.9, extra_body={"top_k": 20}
        ) as model:
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
        async with model_at_server(server) as model:
            message = await said(model)
    counts = message.usage_metadata
    assert counts is not None
    assert (counts["input_tokens"], counts["output_tokens"]) == (120, 2)
    assert counts["input_token_details"]["cache_read"] == 96


async def test_a_server_that_counts_no_tokens_is_read() -> None:
    with serve(lambda call, n: Http(body=chat_body("hi") | {"usage": None})) as server:
        async with model_at_server(server) as model:
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
        async with model_at_server(server) as model:
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
        async with model_at_server(server) as model:
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
        async with model_at_server(server) as model:
            assert (await said(model)).content == "Hello there"


async def test_a_reply_without_words_is_left_to_the_reader() -> None:
    with serve(lambda call, n: Http(body=chat_body(None))) as server:
        async with model_at_server(server) as model:
            assert (await said(model)).content == ""


def test_two_event_loops_in_one_process_work_one_after_the_other() -> None:
    async def once(base_url: str) -> str:
        async with model_at_url(base_url, None, {}) as model:
            return str((await said(model)).content)

    with serve(lambda call, n: Http(body=chat_body("hi"))) as server:
        assert asyncio.run(once(server.base_url)) == "hi"
        assert asyncio.run(once(server.base_url)) == "hi"
