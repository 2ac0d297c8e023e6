"""The kinds of odd answers that a server may give, and what each is to be taken for."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.support.loopback.replies import reply_to
from tests.support.loopback.server import Call, Http, chat_body

Taken = Literal["passing", "final", "reply", "fine"]
"""A fault that may pass, one that stays, a reply that the role may or may not be able to use, and an answer
that is as good as the usual one."""


@dataclass(frozen=True)
class Kind:
    """One kind of odd answer."""

    answer: Callable[[Call], Http]
    taken: Taken
    says: str = ""
    """Part of what is recorded where the case fails by it."""
    redraws: bool = False
    """Whether it is asked again with another seed."""


OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SLOW_SEC, TIMEOUT_SEC = 9.0, 6.0


def _just(answer: Http) -> Callable[[Call], Http]:
    return lambda call: answer


def _status(status: int, body: Any = "sorry, not now", **headers: str) -> Callable[[Call], Http]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _just(Http(status=status, body=body, headers=named))


def raw(data: bytes) -> Callable[[Call], Http]:
    return _just(Http(raw=data))


def whole(call: Call) -> bytes:
    return json.dumps(chat_body(reply_to(call.role, call.body))).encode()


def _said(content: Any, finish: str = "stop", **message: Any) -> Callable[[Call], Http]:
    body = chat_body("x")
    said = {"role": "assistant", "content": content} | message
    return _just(Http(body=body | {"choices": [{"index": 0, "message": said, "finish_reason": finish}]}))


def _with(**over: Any) -> Callable[[Call], Http]:
    """Answer as usual, but for some fields of the body."""
    return lambda call: Http(body=chat_body(reply_to(call.role, call.body)) | over)


def _usual(change: Callable[[dict[str, Any]], object]) -> Callable[[Call], Http]:
    """Answer as usual, but for a change of the first choice."""

    def answer(call: Call) -> Http:
        body = chat_body(reply_to(call.role, call.body))
        change(body["choices"][0])
        return Http(body=body)

    return answer


def _packed(pack: Callable[[bytes], bytes], encoding: str) -> Callable[[Call], Http]:
    return lambda call: Http(body=pack(whole(call)), headers={"content-encoding": encoding})


def _as_stream(end: str = "data: [DONE]\n\n", cut: int | None = None) -> Callable[[Call], Http]:
    def answer(call: Call) -> Http:
        text = reply_to(call.role, call.body)
        pieces = [text[at : at + 20] for at in range(0, len(text), 20)][:cut]
        chunks = [{"choices": [{"index": 0, "delta": {"content": p}, "finish_reason": None}]} for p in pieces]
        return Http(body="".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end)

    return answer


# those that stop a run have a test of their own
_FINAL = (400, 413, 418, 419, 420, 422, 423, 424, 430, 440, 444, 449, 460, 498)
_PASSING = (408, 409, 425, 429, 499, 500, 502, 503, 504, 506, 507, 508, 510, 511, 520, 521, 522, 524)
_PASSING_TOO = (525, 529, 530, 598, 599)

STATUSES = {
    **{f"status {n}": Kind(_status(n), "final", f"HTTP {n} sorry") for n in _FINAL},
    **{f"status {n}": Kind(_status(n), "passing", f"HTTP {n} sorry") for n in (*_PASSING, *_PASSING_TOO)},
    "201 with a reply": Kind(lambda call: Http(status=201, body=whole(call)), "fine"),
    "203 with a reply": Kind(lambda call: Http(status=203, body=whole(call)), "fine"),
    "202 and nothing": Kind(_status(202, ""), "passing", "no chat completion"),
}
WORDS = {
    "400 in plain text": Kind(_status(400, "max_tokens is too large"), "final", "try max_tokens_field"),
    "400 as a page": Kind(
        _status(400, "<html><h1>Bad</h1><script>x()</script></html>"), "final", "HTTP 400 Bad"
    ),
    "400 with an error in words": Kind(_status(400, {"error": "bad model 'm'"}), "final", "bad model 'm'"),
    "400 with a list": Kind(
        _status(400, {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}),
        "final",
        "send_seed: false",
    ),
    "400 about the schema": Kind(
        _status(400, {"error": {"message": "response_format is not supported"}}), "final", "structured: "
    ),
    "400 about the system": Kind(_status(400, {"message": "System role not supported"}), "final", "fold"),
    "400 with nothing": Kind(_status(400, ""), "final", "HTTP 400"),
    "400 in no encoding": Kind(_status(400, b"\xff\xfe\x00bad"), "final", "HTTP 400"),
    "400 nested without end": Kind(_status(400, "[" * 9000), "final", "HTTP 400"),
    "400 of a filter": Kind(
        _status(400, {"error": {"message": "no", "code": "content_filter"}}),
        "passing",
        "HTTP 400 no",
        redraws=True,
    ),
    "400 of a full context": Kind(
        _status(400, {"error": {"message": "maximum context length is 10 tokens"}}),
        "final",
        "lower max_tokens",
    ),
    "413 of a proxy": Kind(_status(413, "<h1>Request Entity Too Large</h1>"), "final", "lower max_tokens"),
    "403 of a moderator": Kind(
        _status(403, {"error": {"message": "input was flagged"}}), "passing", "flagged", redraws=True
    ),
    "500 with control signs": Kind(_status(500, "\x1b[31mred\x07\x00"), "passing", "HTTP 500 "),
    "502 as a page": Kind(_status(502, "<html>Bad gateway</html>"), "passing", "HTTP 502 Bad gateway"),
    "500 of 100 kB": Kind(_status(500, "x" * 100_000), "passing", "HTTP 500 xxx"),
    "429 that asks for words": Kind(_status(429, "slow", retry_after="soon"), "passing", "HTTP 429 slow"),
    "429 that asks for a day beyond time": Kind(
        _status(429, "slow", retry_after="Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
        "final",
        "asks to wait more than 100 years",
    ),
    "429 that asks for less than nothing": Kind(_status(429, "slow", retry_after="-5"), "passing", "slow"),
    "429 that asks for no number": Kind(_status(429, "slow", retry_after="nan"), "passing", "slow"),
    "429 that asks for an hour": Kind(
        _status(429, "slow", retry_after="3600"), "final", "asks to wait 60 minutes"
    ),
}
WIRE = {
    "dropped": Kind(_just(Http(drop=True)), "passing", "no connection"),
    "late": Kind(_just(Http(delay_sec=SLOW_SEC)), "passing", "no answer within timeout_sec"),
    "closed at once": Kind(raw(b""), "passing", "no connection"),
    "no HTTP": Kind(raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "passing", "the answer broke off"),
    "a TLS alert": Kind(raw(b"\x15\x03\x01\x00\x02\x02\x50"), "passing", "the answer broke off"),
    "another HTTP": Kind(raw(b"HTTP/9.9 200 OK\r\n\r\n"), "passing", ""),
    "a status that is none": Kind(raw(b"HTTP/1.1 abc OK\r\n\r\n"), "passing", "the answer broke off"),
    "half a head": Kind(raw(b"HTTP/1.1 200 OK\r\ncontent-ty"), "passing", ""),
    "a head without end": Kind(raw(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000), "passing", ""),
    "a header that is none": Kind(raw(b"HTTP/1.1 200 OK\r\n: x\r\n\r\n"), "passing", ""),
    "a length that is none": Kind(raw(OK + b"content-length: many\r\n\r\n{}"), "passing", ""),
    "a negative length": Kind(raw(OK + b"content-length: -5\r\n\r\n{}"), "passing", ""),
    "two lengths": Kind(raw(OK + b"content-length: 2\r\ncontent-length: 9\r\n\r\n{}"), "passing", ""),
    "a body cut off": Kind(raw(OK + b"content-length: 999\r\n\r\n{"), "passing", "the answer broke off"),
    "chunks that are none": Kind(raw(OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}"), "passing", ""),
    "chunks cut off": Kind(raw(OK + b"transfer-encoding: chunked\r\n\r\n99\r\n{"), "passing", "broke off"),
    "a body until the end": Kind(lambda call: Http(raw=OK + b"\r\n" + whole(call)), "fine"),
    "a hint before the answer": Kind(
        lambda call: Http(raw=b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n" + whole(call)), "fine"
    ),
    "packed unasked": Kind(_packed(gzip.compress, "gzip"), "fine"),
    "packed by zlib": Kind(_packed(zlib.compress, "deflate"), "fine"),
    "packed and cut off": Kind(_packed(lambda data: gzip.compress(data)[:-20], "gzip"), "passing", ""),
    "packed, it says": Kind(_packed(lambda data: data, "gzip"), "passing", "the answer broke off"),
    "packed in a way not asked for": Kind(_packed(lambda data: data, "br"), "final", "packed as 'br'"),
    "a bomb": Kind(_packed(lambda data: gzip.compress(b" " * 2**25), "gzip"), "passing", "larger than 16 MB"),
    "17 MB": Kind(_just(Http(body=b" " * (17 * 2**20))), "passing", "larger than 16 MB"),
    "odd content-type": Kind(
        lambda call: Http(raw=b"HTTP/1.1 200 OK\r\ncontent-type: x;charset=none\r\n\r\n" + whole(call)),
        "fine",
    ),
}
NONE = "no chat completion"
_NO_COMPLETIONS: dict[str, Any] = {
    "nothing": "",
    "half": '{"choices": [{"mess',
    "a page": "<html>Bad gateway</html>",
    "null": "null",
    "true": "true",
    "a list": "[]",
    "a string": '"hello"',
    "a number": "3",
    "NaN": "NaN",
    "not UTF-8": b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    "a BOM alone": b"\xef\xbb\xbf",
    "NUL": b"\x00" * 50,
    "nested without end": "[" * 5000,
    "nested with an end": "[" * 5000 + "]" * 5000,
    "a number without end": f'{{"choices": [{"9" * 5000}]}}',
    "two bodies": json.dumps(chat_body("a")) * 2,
    "an error in a 200": {"error": {"message": "overloaded", "code": 500}},
    "no choices": {},
    "choices null": chat_body("x") | {"choices": None},
    "choices empty": chat_body("x") | {"choices": []},
    "choices a string": chat_body("x") | {"choices": "hello"},
    "choices by number": chat_body("x") | {"choices": {"0": {}}},
    "a choice null": chat_body("x") | {"choices": [None]},
    "a choice of text": chat_body("x") | {"choices": [{"text": "old form"}]},
    "an empty stream": "data: [DONE]\n\n",
    "a stream of nonsense": "data: {nonsense\n\n",
    "a stream with an error": 'data: {"error": {"message": "overloaded"}}\n\n',
    "a stream of comments": ": ping\n\n: ping\n\n",
}
BODIES = {name: Kind(_just(Http(body=body)), "passing", NONE) for name, body in _NO_COMPLETIONS.items()}
REPLIES = {
    "message null": Kind(_usual(lambda choice: choice.update(message=None)), "passing", NONE),
    "content a number": Kind(_said(3), "passing", NONE),
    "content an object": Kind(_said({"text": "hi"}), "passing", NONE),
    "content of parts that are none": Kind(_said([3]), "passing", NONE),
    "another role": Kind(_said("hi", role="user"), "passing", NONE),
    "a role that is a list": Kind(_said("hi", role=["assistant"]), "passing", NONE),
    "empty": Kind(_said(""), "reply"),
    "content null": Kind(_said(None), "reply"),
    "blank": Kind(_said(" \n\t "), "reply"),
    "no-break blanks": Kind(_said("\u200b\ufeff\u00a0"), "reply"),
    "content missing": Kind(_usual(lambda choice: choice["message"].pop("content")), "reply"),
    "no parts": Kind(_said([]), "reply"),
    "all of it thought": Kind(_said("<think>I wonder</think>"), "reply"),
    "thoughts without end": Kind(_said("<think>I wonder"), "reply"),
    "all of it reasoning": Kind(_said(None, reasoning_content="I wonder"), "reply"),
    "cut in thought": Kind(_said(None, finish="length", reasoning_content="I won"), "reply"),
    "cut": Kind(_said('{"meta_skill_ids": ["a', finish="length"), "reply"),
    "filtered": Kind(_said("", finish="content_filter"), "reply"),
    "refused": Kind(_said(None, refusal="I cannot help with that."), "reply"),
    "a call of a tool": Kind(_said(None, finish="tool_calls", tool_calls=[{"id": "1"}]), "reply"),
    "no JSON": Kind(_said("<response></response>"), "reply"),
    "JSON of another kind": Kind(_said('{"hello": 1} </think>'), "reply"),
    "a JSON list": Kind(_said("[1, 2] <response>"), "reply"),
    "half JSON": Kind(_said('<response>{"trigger": "x'), "reply"),
    "half a character in JSON": Kind(_said('{"trigger": "\\ud83d"} <response>'), "reply"),
    "JSON nested without end": Kind(_said("<think>" + '{"a":' * 9000), "reply"),
    "brackets without end": Kind(_said("<response>" + "[" * 9000), "reply"),
    "200 kB": Kind(_said("<think>" + "word " * 40_000), "reply"),
    "tags out of order": Kind(_said("</response></think><response><think>"), "reply"),
}
FINE = {
    "half a character": Kind(_usual(lambda choice: choice["message"].update(refusal="")), "fine"),
    "usage in words": Kind(_with(usage="many"), "fine"),
    "usage of words": Kind(_with(usage={"prompt_tokens": "ten", "completion_tokens": "1"}), "fine"),
    "usage in fractions": Kind(_with(usage={"prompt_tokens": 1.5, "completion_tokens": 1}), "fine"),
    "usage less than nothing": Kind(_with(usage={"prompt_tokens": -5, "completion_tokens": -1}), "fine"),
    "usage NaN": Kind(_with(usage={"prompt_tokens": float("nan"), "completion_tokens": 1}), "fine"),
    "usage beyond reason": Kind(_with(usage={"prompt_tokens": 10**30, "completion_tokens": 10**30}), "fine"),
    "usage true": Kind(_with(usage={"prompt_tokens": True, "completion_tokens": True}), "fine"),
    "usage a list": Kind(_with(usage=[1, 2]), "fine"),
    "usage null": Kind(_with(usage=None), "fine"),
    "more cached than asked": Kind(
        _with(
            usage={"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 99}}
        ),
        "fine",
    ),
    "details in words": Kind(
        _with(usage={"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": "none"}), "fine"
    ),
    "a reason that is a number": Kind(_usual(lambda choice: choice.update(finish_reason=3)), "fine"),
    "no reason": Kind(_usual(lambda choice: choice.pop("finish_reason")), "fine"),
    "no role": Kind(_usual(lambda choice: choice["message"].pop("role")), "fine"),
    "reasoning that is a list": Kind(_usual(lambda choice: choice["message"].update(reasoning=[1])), "fine"),
    "a second choice": Kind(
        lambda call: Http(
            body=(body := chat_body(reply_to(call.role, call.body)))
            | {"choices": [*body["choices"], {"index": 1, "message": None}]}
        ),
        "fine",
    ),
    "in parts": Kind(
        _usual(
            lambda choice: choice["message"].update(
                content=[{"type": "text", "text": choice["message"]["content"]}]
            )
        ),
        "fine",
    ),
    "fields of its own": Kind(_with(object=None, id=7, created="now", x={"y": []}), "fine"),
    "with a BOM": Kind(lambda call: Http(body=b"\xef\xbb\xbf" + whole(call)), "fine"),
    "in UTF-16": Kind(lambda call: Http(body=whole(call).decode().encode("utf-16")), "fine"),
    "blanks around it": Kind(lambda call: Http(body=b"\n\n " + whole(call) + b"\n"), "fine"),
    "a stream unasked": Kind(_as_stream(), "fine"),
    "a stream without its last words": Kind(
        _as_stream(end="", cut=3), "passing", "a stream that ends before"
    ),
}
ODD: dict[str, Kind] = STATUSES | WORDS | WIRE | BODIES | REPLIES | FINE
