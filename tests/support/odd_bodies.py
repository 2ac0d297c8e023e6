"""Kinds of bodies that are packed, cut, of a wrong length or streamed oddly; and all kinds of odd answers."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

from tests.support.loopback.replies import reply_to
from tests.support.loopback.server import Call, Http
from tests.support.odd_answers import NONE, ODD, Kind, raw, whole

CLOSED, DONE = b"HTTP/1.1 200 OK\r\nconnection: close\r\n", "data: [DONE]\n\n"


def _packed_as(encodings: str, pack: Callable[[bytes], bytes]) -> Callable[[Call], Http]:
    heads = b"".join(b"content-encoding: %s\r\n" % e.encode() for e in encodings.split("|"))
    return lambda call: Http(raw=CLOSED + heads + b"\r\n" + pack(whole(call)))


def _behind(head: bytes, *, cut_at: int | None = None) -> Callable[[Call], Http]:
    return lambda call: Http(raw=head + b"\r\n\r\n" + whole(call)[:cut_at])


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _in_two(data: bytes) -> bytes:
    return gzip.compress(data[:50]) + gzip.compress(data[50:])


def _events(write: Callable[[list[str]], str], *, cut_at: int | None = None) -> Callable[[Call], Http]:
    """Answer as a stream whose events the test writes; it comes in two parts, cut at some byte."""

    def answer(call: Call) -> Http:
        text = reply_to(call.role, call.body)
        pieces = [text[at : at + 20] for at in range(0, len(text), 20)]
        ends = [*[None] * (len(pieces) - 1), "stop"]
        chunks = [
            {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": end}]}
            for piece, end in zip(pieces, ends, strict=True)
        ]
        body = write([json.dumps(chunk, ensure_ascii=False) for chunk in chunks]).encode()
        parts = [body[:cut_at], body[cut_at:]] if cut_at else [body]
        sent = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        return Http(raw=CLOSED + b"transfer-encoding: chunked\r\n\r\n" + sent + b"0\r\n\r\n")

    return answer


def _lines(end: str, events: list[str], last: str = "data: [DONE]") -> str:
    return "".join(f"data: {event}{end}{end}" for event in events) + f"{last}{end}{end}"


_CUT, _PAGE = "the packed answer is cut off", "a web page: Sign in"
PACKED = {
    "packed as nothing": Kind(_packed_as("", lambda data: data), "fine"),
    "packed as blanks": Kind(_packed_as("  ", lambda data: data), "fine"),
    "packed as none": Kind(_packed_as("none", lambda data: data), "fine"),
    "packed as a character set": Kind(_packed_as("UTF-8", lambda data: data), "fine"),
    "packed and not": Kind(_packed_as("gzip, identity", gzip.compress), "fine"),
    "not packed and packed": Kind(_packed_as("identity, GZIP", gzip.compress), "fine"),
    "packed, told in two lines": Kind(_packed_as("identity|gzip", gzip.compress), "fine"),
    "packed twice": Kind(_packed_as("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))), "fine"),
    "packed in two pieces": Kind(_packed_as("gzip", _in_two), "fine"),
    "packed without a head": Kind(_packed_as("deflate", _raw_deflate), "fine"),
    "packed, with bytes behind": Kind(_packed_as("gzip", lambda data: gzip.compress(data) + b"xyz"), "fine"),
    "packed, cut in its last bytes": Kind(
        _packed_as("gzip", lambda data: gzip.compress(data)[:-6]), "passing", _CUT
    ),
    "packed, cut in two": Kind(_packed_as("gzip", lambda data: gzip.compress(data)[:60]), "passing", _CUT),
    "packed, cut in its first byte": Kind(_packed_as("gzip", lambda data: b"\x1f"), "passing", _CUT),
    "packed and nothing in it": Kind(_packed_as("gzip", lambda data: b""), "passing", "an empty answer"),
    "packed too often": Kind(_packed_as("gzip, gzip, gzip, gzip", lambda data: data), "final", "packed as"),
}
LENGTHS = {
    "a length too long": Kind(
        _behind(CLOSED + b"content-length: 99999"),
        "passing",
        "broke off",
    ),
    "a length too short": Kind(_behind(CLOSED + b"content-length: 40"), "passing", "broke off"),
    "a length and chunks": Kind(
        raw(CLOSED + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), "passing", ""
    ),
    "chunks without an end": Kind(
        lambda call: Http(raw=CLOSED + b"transfer-encoding: chunked\r\n\r\n5\r\n{    \r\n"), "passing", ""
    ),
    "HTTP/1.0 until the end": Kind(_behind(b"HTTP/1.0 200 OK"), "fine"),
    "HTTP/1.0 cut off": Kind(_behind(b"HTTP/1.0 200 OK", cut_at=-9), "passing", NONE),
    "bytes behind the body": Kind(lambda call: Http(body=whole(call) + b"xyz"), "passing", NONE),
    "204": Kind(raw(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"), "passing", "an empty answer"),
    "200 and nothing": Kind(raw(CLOSED + b"content-length: 0\r\n\r\n"), "passing", "an empty answer"),
    "a page for a login": Kind(
        raw(CLOSED + b"content-type: text/html\r\n\r\n<html><b>Sign in</b></html>"), "passing", _PAGE
    ),
    "called a page": Kind(
        lambda call: Http(raw=CLOSED + b"content-type: text/html\r\n\r\n" + whole(call)), "fine"
    ),
}
STREAMS = {
    "a stream with CRLF": Kind(_events(lambda events: _lines("\r\n", events)), "fine"),
    "a stream with CR": Kind(_events(lambda events: _lines("\r", events)), "fine"),
    "a stream with comments": Kind(
        _events(lambda events: ": wait\n\n" * 9 + _lines("\n: x\n", events)), "fine"
    ),
    "a stream that begins with an id": Kind(_events(lambda events: "id: 7\n" + _lines("\n", events)), "fine"),
    "a stream that says when to retry": Kind(
        _events(lambda events: "retry: 9\n\n" + _lines("\n", events)), "fine"
    ),
    "a stream with a BOM": Kind(_events(lambda events: "\ufeff" + _lines("\n", events)), "fine"),
    "a stream with empty events": Kind(
        _events(lambda events: "data:\n\n" + _lines("\n", events).replace("\n\n", "\n\ndata: \n\n")), "fine"
    ),
    "a stream without blank lines": Kind(
        _events(lambda events: "\n".join(f"data:{event}" for event in events)), "fine"
    ),
    "a stream without its mark": Kind(_events(lambda events: _lines("\n", events, "")), "fine"),
    "a stream with its mark twice": Kind(_events(lambda events: _lines("\n", events) + DONE), "fine"),
    "a stream cut in a character": Kind(
        _events(lambda events: ": \u00e9\n\n" + _lines("\n", events), cut_at=3), "fine"
    ),
    "a stream with an error behind": Kind(
        _events(lambda events: _lines("\n", events[:-1], 'data: {"error": {"message": "overloaded"}}')),
        "passing",
        "overloaded",
    ),
    "a stream cut in an event": Kind(_events(lambda events: _lines("\n", events)[:60]), "passing", NONE),
}
KINDS: dict[str, Kind] = ODD | PACKED | LENGTHS | STREAMS
"""Every kind of odd answer."""
