"""The model behind an endpoint, against a real HTTP server: what is sent and how answers are read."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import Any

import pytest

from psychagent.llm.endpoint import with_system_as
from psychagent.llm.fault import Fault
from psychagent.llm.prompt import user
from psychagent.llm.reply import Reply, Tokens
from psychagent.replies.as_json import JsonReply, json_shape, response_format
from psychagent.replies.reply import CounselorReply
from psychagent.replies.tags import parse_tagged_reply
from tests.support.endpoint_models import (
    ASK,
    KEY,
    WAYS,
    WHOLE,
    Way,
    choice,
    directly,
    model_at_server,
    model_at_url,
    streamed,
)
from tests.support.loopback.replies import counselor_reply
from tests.support.loopback.server import Call, Http, chat_body, serve

every_way = pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)


@every_way
async def test_the_request_holds_what_open_servers_understand(ask: Way) -> None:
    with serve() as server:
        async with model_at_server(
            server, key=KEY, temperature=0.3, top_p=0.9, extra_body={"top_k": 20}
        ) as model:
            await ask(model, seed=5, response_format={"type": "json_object"})
    call = server.calls[0]
    streams = {"stream": True, "stream_options": {"include_usage": True}} if call.body.get("stream") else {}
    assert (
        call.body | {"stream": False} | streams
        == {
            "model": "small",
            "messages": ASK,
            "max_tokens": 77,
            "response_format": {"type": "json_object"},
            "seed": 5,
            "temperature": 0.3,
            "top_p": 0.9,
            "top_k": 20,
            "stream": False,
        }
        | streams
    )
    assert call.headers["authorization"] == f"Bearer {KEY}"


@every_way
async def test_a_schema_is_sent_in_the_order_of_its_fields(ask: Way) -> None:
    shape = response_format(json_shape(JsonReply), "json_schema")
    with serve() as server:
        async with model_at_server(server) as model:
            await ask(model, response_format=shape)
    sent = server.calls[0].body["response_format"]["json_schema"]["schema"]["properties"]
    assert list(sent) == list(JsonReply.model_fields), "servers fill it in in this order: thoughts first"


@every_way
async def test_what_the_settings_add_to_the_body_wins(ask: Way) -> None:
    with serve() as server:
        async with model_at_server(server, extra_body={"max_tokens": 5, "temperature": 0}) as model:
            await ask(model)
    assert (server.calls[0].body["max_tokens"], server.calls[0].body["temperature"]) == (5, 0)


@every_way
async def test_what_a_call_cost_is_read_with_its_cached_share(ask: Way) -> None:
    with serve(lambda call, n: Http(body=chat_body("hi there", prompt=120, cached=96))) as server:
        async with model_at_server(server) as model:
            assert (await ask(model)).tokens == Tokens(120, 96, 2)


ODD_USAGE: dict[str, Any] = {
    "none": None,
    "a string": "many",
    "words": {"prompt_tokens": "ten", "completion_tokens": 1},
    "fractions": {"prompt_tokens": 1.5, "completion_tokens": 1},
    "negative": {"prompt_tokens": -5, "completion_tokens": 1},
    "true": {"prompt_tokens": True, "completion_tokens": 1},
    "beyond all reason": {"prompt_tokens": 10**30, "completion_tokens": 1},
    "half of it": {"prompt_tokens": 5},
    **{
        f"{name} {count}": {"prompt_tokens": 5, "completion_tokens": 5} | {name: count}
        for name in ("prompt_tokens", "completion_tokens")
        for count in (10**9, 10**9 - 1, 10**8, -1, True, 5.0, float("nan"), float("inf"), "5", None)
    },
    "a list": [1, 2],
}


# while streaming, the client library warns of the shape
@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@every_way
async def test_counts_that_are_none_are_unknown_and_never_wrong(ask: Way) -> None:
    current: dict[str, Any] = {}
    with serve(lambda call, n: Http(body=chat_body("hi") | {"usage": current["usage"]})) as server:
        async with model_at_server(server) as model:
            for name, usage in ODD_USAGE.items():
                current["usage"] = usage
                reply = await ask(model)
                assert (reply.content, reply.tokens) == ("hi", None), name


HALVES: dict[str, dict[str, Any]] = {
    "thoughts": choice({"role": "assistant", "content": "a", "reasoning_content": "HALF"}),
    "other thoughts": choice({"role": "assistant", "content": "a", "reasoning": "HALF"}),
    "a refusal": choice({"role": "assistant", "content": "a", "refusal": "HALF"}),
    "why it ended": chat_body("x")
    | {"choices": [{"message": {"role": "assistant", "content": "a"}, "finish_reason": "HALF"}]},
    "a role": choice({"role": "HALF", "content": "a"}),
    "an error": {"error": {"message": "HALF", "code": "HALF"}},
    "an error in words": {"error": "HALF"},
    "a name": choice({"role": "assistant", "content": "a"}) | {"HALF": "HALF", "model": "HALF"},
    "parts": choice({"role": "assistant", "content": [{"type": "text", "text": "HALF"}]}),
}


@pytest.mark.parametrize("half", [b"\\ud800", b"\\udfff\\ud83d", b"\xed\xa0\x80", b"\\uDc00 ok"])
@every_way
async def test_half_a_character_anywhere_in_an_answer_can_be_stored(ask: Way, half: bytes) -> None:
    current: dict[str, Any] = {}
    with serve(lambda call, n: Http(status=current["status"], body=current["body"])) as server:
        async with model_at_server(server) as model:
            for name, body in HALVES.items():
                written = json.dumps(body).encode().replace(b"HALF", half)
                events = events_of(body).encode().replace(b"HALF", half)
                for current["body"], current["status"] in ((written, 200), (events, 200), (written, 400)):
                    try:
                        reply = await ask(model)
                    except Fault as fault:
                        text = str(fault)
                    else:
                        text = "".join(str(value) for value in vars(reply).values())
                    assert text.encode(), name


def events_of(body: dict[str, Any]) -> str:
    """Write an answer as a stream of one event."""
    chosen = [part | {"delta": part["message"]} for part in body.get("choices", [])]
    return f"data: {json.dumps(body | ({'choices': chosen} if chosen else {}))}\n\ndata: [DONE]\n\n"


@every_way
async def test_half_a_character_can_be_stored(ask: Way) -> None:
    with serve(lambda call, n: Http(body=chat_body("well \ud83d"))) as server:
        async with model_at_server(server) as model:
            assert (await ask(model)).content.encode() == b"well ?"


@every_way
async def test_why_an_answer_ended_is_read(ask: Way) -> None:
    body = chat_body("hi")
    body["choices"][0]["finish_reason"] = "length"
    with serve(lambda call, n: Http(body=body)) as server:
        async with model_at_server(server) as model:
            reply = await ask(model)
    assert reply.finish_reason == ("stop" if ask is streamed else "length")


def parse(reply: Reply) -> CounselorReply:
    return parse_tagged_reply(reply.content, reasoning=reply.reasoning, end_token="</end>")


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
@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_thoughts_are_read_wherever_a_server_puts_them(ask: Way, body: dict[str, Any]) -> None:
    with serve(lambda call, n: Http(body=body)) as server:
        async with model_at_server(server) as model:
            reply = parse(await ask(model))
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
    assert whole.tokens is not None
    assert whole.tokens.prompt == 100


def parse_of(body: dict[str, Any]) -> CounselorReply:
    message = body["choices"][0]["message"]
    return parse_tagged_reply(
        message["content"], reasoning=message.get("reasoning_content") or "", end_token="</end>"
    )


@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_a_reply_in_parts_is_read_as_its_text(ask: Way) -> None:
    parts = [{"type": "text", "text": "Hello "}, {"type": "text", "text": "there"}]
    with serve(lambda call, n: Http(body=choice({"role": "assistant", "content": parts}))) as server:
        async with model_at_server(server) as model:
            assert (await ask(model)).content == "Hello there"


@every_way
async def test_a_reply_without_words_is_left_to_the_reader(ask: Way) -> None:
    with serve(lambda call, n: Http(body=chat_body(None))) as server:
        async with model_at_server(server) as model:
            assert (await ask(model)).content == ""


def test_two_event_loops_in_one_process_work_one_after_the_other() -> None:
    async def once(base_url: str) -> str:
        async with model_at_url(base_url, None, {}) as model:
            return (await directly(model)).content

    with serve(lambda call, n: Http(body=chat_body("hi"))) as server:
        assert asyncio.run(once(server.base_url)) == "hi"
        assert asyncio.run(once(server.base_url)) == "hi"


async def test_a_header_of_the_settings_is_sent_and_one_of_the_environment_is_masked() -> None:
    headers = {"X-Org": "people", "X-Api-Key": "$GATE_KEY"}

    def refuse(call: Call, number: int) -> Http:
        return Http(status=400, body=f"who is {call.headers['x-api-key']}?")

    for ask in WAYS.values():
        with serve(refuse) as server:
            given, env = {"extra_headers": headers}, {"GATE_KEY": KEY}
            async with model_at_url(server.base_url, None, given, env) as model:
                with pytest.raises(Fault, match=r"who is \*\*\*\?"):
                    await ask(model)
        assert (server.calls[0].headers["x-org"], server.calls[0].headers["x-api-key"]) == ("people", KEY)


@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize(
    ("over", "body"),
    [
        ({"max_tokens_field": "max_completion_tokens"}, {"max_completion_tokens": 77}),
        ({"max_tokens": None}, {}),
        ({"extra_body": {"max_tokens": 5}}, {"max_tokens": 5}),
        (
            {"max_tokens_field": "max_completion_tokens", "extra_body": {"max_completion_tokens": 5}},
            {"max_completion_tokens": 5},
        ),
    ],
)
async def test_the_bound_of_a_reply_goes_by_the_name_that_the_server_knows(
    ask: Way, over: dict[str, Any], body: dict[str, int]
) -> None:
    with serve() as server:
        async with model_at_server(server, **over) as model:
            await ask(model)
    sent = {name: value for name, value in server.calls[0].body.items() if name.startswith("max_")}
    assert sent == body


@every_way
async def test_a_bound_for_one_request_wins_over_that_of_the_settings(ask: Way) -> None:
    with serve() as server:
        async with model_at_server(server) as model:
            await ask(model, max_tokens=9)
    assert server.calls[0].body["max_tokens"] == 9


@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_instructions_take_the_role_that_the_server_knows(ask: Way) -> None:
    with serve() as server:
        for role in ("developer", "fold"):
            async with model_at_server(server, system_role=role) as model:
                await ask(model)
    developer, folded = (call.body["messages"] for call in server.calls)
    assert developer[0] == {"role": "developer", "content": "You help."}
    assert developer[1:] == ASK[1:]
    assert folded == [user("You help.\n\nHello"), *ASK[2:]]


def test_instructions_are_folded_only_where_there_are_some() -> None:
    assert with_system_as("fold", ASK[1:]) == tuple(ASK[1:])
    assert with_system_as("fold", [ASK[0], ASK[2]]) == (user("You help."), ASK[2])
    assert with_system_as("system", ASK) == tuple(ASK)


@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_a_reply_may_be_asked_for_as_a_stream(ask: Way) -> None:
    with serve(lambda call, n: Http(body=chat_body(VISIBLE, reasoning=THOUGHTS, prompt=9))) as server:
        async with model_at_server(server, stream=True) as model:
            reply = await ask(model)
    assert server.calls[0].body["stream"] is True
    assert server.calls[0].body["stream_options"] == {"include_usage": True}
    assert (reply.content, reply.reasoning, reply.finish_reason) == (VISIBLE, THOUGHTS, "stop")
    assert reply.tokens is not None
    assert reply.tokens.prompt == 9


def events(*deltas: dict[str, Any], end: str = "data: [DONE]\n\n") -> str:
    lines = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    return "".join(f"data: {json.dumps(line)}\r\n\r\n" for line in lines) + end


@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_a_stream_that_nobody_asked_for_is_read(ask: Way) -> None:
    body = ": hello\n\nevent: message\n" + events(
        {"role": "assistant"}, {"content": "a\u2028"}, {"content": "b"}
    )
    with serve(lambda call, n: Http(body=body)) as server:
        async with model_at_server(server) as model:
            assert (await ask(model)).content == "a\nb"


BAD_STREAMS = {
    "an empty stream": "data: [DONE]\n\n",
    "ends before the reply does": events({"content": "half"}, end=""),
    "not JSON": "data: {nonsense\n\n",
    "overloaded": 'data: {"error": {"message": "overloaded"}}\n\n',
    "whose choices are none": 'data: {"choices": [3]}\n\n',
    "without choices": 'data: {"choices": "none"}\n\n',
    "an empty stream|ends before": 'data: {}\n\ndata: {"choices": null}\n\n',
    "out of memory": 'data: {"message": "out of memory"}\n\n',
    "worker is gone": 'data: {"choices": [], "detail": "worker is gone"}\n\n',
    "content that is a number": events({"content": 3}),
}


@pytest.mark.parametrize("told", BAD_STREAMS)
@pytest.mark.parametrize("ask", WHOLE.values(), ids=WHOLE)
async def test_a_stream_that_is_no_reply_is_a_passing_fault(ask: Way, told: str) -> None:
    with serve(lambda call, n: Http(body=BAD_STREAMS[told])) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=told) as caught:
                await ask(model)
    assert caught.value.passes


HALF = {
    "between events": events({"content": "Never again take"}, end=""),
    "with a count of tokens": events({"content": "Never again take"}, end="")
    + 'data: {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 5}}\n\n',
    "with words that look like an end": events(
        {"content": '"finish_reason": "stop"\ndata: [DONE]\n'}, end=""
    ),
    "with other line ends": events({"content": "Never again take"}, end="").replace("\r\n", "\n"),
    "with a reason that is none": 'data: {"choices": [{"index": 0, "delta": {"content": "N"}, '
    '"finish_reason": null}]}\n\n',
}
CLOSES = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize("half", HALF.values(), ids=HALF)
@every_way
async def test_a_stream_that_was_cut_is_no_whole_reply(ask: Way, half: str) -> None:
    with serve(lambda call, n: Http(raw=CLOSES + half.encode())) as server:
        async with model_at_server(server, stream=True) as model:
            with pytest.raises(Fault, match="a stream that ends before the reply does") as caught:
                await ask(model)
    assert caught.value.passes


ENDED = {
    "by its mark": events({"content": "ab"}),
    "by its reason": events({"content": "ab"}, end="")
    + 'data: {"choices": [{"index": 0, "delta": {}, "finish_reason" : "stop"}]}\n\n',
    "by both at once": 'data: {"choices": [{"index": 0, "delta": {"content": "ab"}, '
    '"finish_reason":"stop"}]}\n\ndata:[DONE]\n\n',
}


@pytest.mark.parametrize("whole", ENDED.values(), ids=ENDED)
@pytest.mark.parametrize("packed", [False, True])
@every_way
async def test_a_stream_that_says_that_it_ended_is_whole(ask: Way, whole: str, packed: bool) -> None:
    head = CLOSES.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n") if packed else CLOSES
    body = gzip.compress(whole.encode()) if packed else whole.encode()
    with serve(lambda call, n: Http(raw=head + body)) as server:
        async with model_at_server(server, stream=True) as model:
            assert (await ask(model)).content == "ab"


@pytest.mark.parametrize("role", ["", "model", "Assistant", "ASSISTANT", " assistant", "ai", None])
@pytest.mark.parametrize("as_stream", [False, True])
@every_way
async def test_a_reply_may_call_the_model_by_another_name(
    ask: Way, role: str | None, as_stream: bool
) -> None:
    said = {"role": role, "content": "Hi."}
    body = events(said) if as_stream else json.dumps({"choices": [{"message": said}]})
    with serve(lambda call, n: Http(body=body)) as server:
        async with model_at_server(server) as model:
            assert (await ask(model)).content == "Hi."


@pytest.mark.parametrize("role", ["user", "system", "tool", 3])
@pytest.mark.parametrize("as_stream", [False, True])
@every_way
async def test_a_message_of_somebody_else_is_no_reply(ask: Way, role: object, as_stream: bool) -> None:
    said = {"role": role, "content": "Hi."}
    body = events(said) if as_stream else json.dumps({"choices": [{"message": said}]})
    with serve(lambda call, n: Http(body=body)) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match=f"a message of role '?{role}"):
                await ask(model)


SAYING = '{"choices": [{"index": 0, "delta": {"content": "Hi."}}]}'
USAGE = '{"usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}%s}'
SIGNS_OF_LIFE = {
    "no delta beside the reason": [SAYING, '{"choices": [{"index": 0, "finish_reason": "stop"}]}'],
    "a delta that is null": [SAYING, '{"choices": [{"index": 0, "delta": null, "finish_reason": "stop"}]}'],
    "a delta that is null and no index": [SAYING, '{"choices": [{"delta": null, "finish_reason": "stop"}]}'],
    "a message instead": [
        SAYING.replace("delta", "message"),
        '{"choices": [{"index": 0, "message": null, "finish_reason": "stop"}]}',
    ],
    "usage without choices": [SAYING, '{"choices": [{"delta": {}, "finish_reason": "stop"}]}', USAGE % ""],
    "usage with null for choices": [
        SAYING,
        '{"choices": [{"delta": {}, "finish_reason": "stop"}]}',
        USAGE % ', "choices": null',
    ],
    "an empty event": ["{}", SAYING, '{"choices": [{"delta": {}, "finish_reason": "stop"}]}', "{}"],
    "a ping with a type": [
        SAYING,
        '{"type": "ping"}',
        '{"choices": [{"delta": {}, "finish_reason": "stop"}]}',
    ],
}


@pytest.mark.parametrize("form", SIGNS_OF_LIFE)
@every_way
async def test_an_event_without_words_or_error_is_passed_over_but_for_what_it_tells(
    ask: Way, form: str
) -> None:
    body = "event: ping\n" + "".join(f"data: {event}\n\n" for event in (*SIGNS_OF_LIFE[form], "[DONE]"))
    with serve(lambda call, n: Http(body=body)) as server:
        async with model_at_server(server, stream=True) as model:
            reply = await ask(model)
    assert (reply.content, reply.finish_reason) == ("Hi.", "stop")
    assert reply.tokens == (Tokens(9, 0, 2) if form.startswith("usage") else None)


async def test_a_server_that_answers_in_one_piece_whatever_it_is_asked_for_serves_a_stream_too() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head.lower())[1])  # type: ignore[index]
        asked.append("stream" in json.loads(await reader.readexactly(length)))
        body = json.dumps(chat_body(VISIBLE, prompt=9)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    asked: list[bool] = []
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with model_at_url(url, None, {}) as model:
            replies = [await streamed(model), await streamed(model)]
    assert [reply.content for reply in replies] == [VISIBLE, VISIBLE]
    # found out once, and not asked for again
    assert asked == [True, False, False]


SECRET = "Zz-key-secretkey99abc"
ECHOES = {
    "in pieces": events({"content": f"my {SECRET[:9]}"}, {"content": f"{SECRET[9:]} is it"}),
    "with its letters escaped": json.dumps(chat_body(f"my {SECRET} is it")).replace("Z", "\\u005a"),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)
async def test_a_key_that_a_server_returns_in_any_writing_is_hidden(ask: Way, echo: str) -> None:
    with serve(lambda call, n: Http(body=echo)) as server:
        async with model_at_server(server, key=SECRET) as model:
            reply = await ask(model)
    assert reply.content == "my *** is it"


@pytest.mark.parametrize(
    "body",
    [
        events({"content": "a"}, {"content": "b"}).replace("\r\n", "\r").replace("\n\n", "\r\r"),
        'data: {"choices": [{"index": 0,\ndata: "delta": {"content": "ab"}}]}\n\ndata: [DONE]\n\n',
        'data: {"choices": [{"index": 0, "message": {"content": "ab"}}]}\ndata: [DONE]\n',
    ],
    ids=["other line ends", "data over several lines", "message instead of delta"],
)
async def test_streams_are_read_as_servers_write_them(body: str) -> None:
    with serve(lambda call, n: Http(body=body)) as server:
        async with model_at_server(server) as model:
            assert (await directly(model)).content == "ab"
