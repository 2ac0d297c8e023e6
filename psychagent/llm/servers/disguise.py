"""Find a secret however it is written: escaped, encoded, in other letters, or over more than one line.

Knows neither what is a secret nor what is put in its place.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple

_HEX = "[2-7][0-9a-fA-F]"
_WRITTEN = re.compile(
    # percent signs may be encoded again, backslashes doubled, by each program in between
    rf"%(?:25)*(?P<percent>{_HEX})"
    # a run of backslashes that escapes nothing is taken whole, too: looked at from each it would take long
    rf'|\\+(?:(?:u00|x)(?P<json>{_HEX})|(?P<quoted>["/])|(?P<line>[rn][ \t]*)|)'
    rf"|(?P<html>&(?:#0*\d{{2,3}}|#[xX]0*{_HEX}|amp|quot|apos|lt|gt);)"
    # lines, and what nobody sees, may part two characters of a secret that is still read as one
    r"|(?P<break>[\r\n\x85\u2028\u2029][ \t]*|[\xad\u200b-\u200d\u2060\ufeff])"
)
_UNFINISHED = re.compile(
    r"(?:%(?:25)*[2-7]?|(?<!\\)\\+(?:u(?:00?)?[2-7]?|x[2-7]?)?|&(?:#\d{0,9}|#[xX][0-9a-fA-F]{0,9}|[a-z]{0,4}))\Z"
)
"""The beginning of a sign at the end of words that go on."""


class Form(NamedTuple):
    """A way to write a secret."""

    text: str
    is_base64: bool
    """Whether capitals differ from small letters, and `-_` are `+/`."""


@lru_cache(maxsize=256)
def forms(secret: str) -> tuple[Form, ...]:
    """List the ways to write a secret that differ once escapes are undone."""
    data = secret.encode()
    whole = base64.b64encode(data).decode()
    words = (_plain(secret), data.hex())
    encoded = (whole, whole.rstrip("="), *(_within(data, before) for before in range(3)))
    return (
        *(Form(_folded(word), is_base64=False) for word in words),
        *(Form(word, is_base64=True) for word in dict.fromkeys(encoded)),
    )


def _within(data: bytes, before: int) -> str:
    """Return the base64 letters that stand for nothing but the data, after bytes that are not known."""
    letters = base64.b64encode(b"\0" * before + data).decode()
    return letters[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]


def find(text: str, secrets: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where secrets stand in a text, in no order."""
    plain = _plain(text)
    folded, encoded = _folded(plain), _encoded(plain)
    found = [
        (match.start(), match.start() + len(form.text))
        for secret in secrets
        for form in forms(secret)
        if form.text in (view := encoded if form.is_base64 else folded)
        for match in re.finditer(f"(?={re.escape(form.text)})", view)
    ]
    spans = _spans(text) if found else []
    for first, last in found:
        yield spans[first][0], spans[last - 1][1]


def begun(text: str, secrets: Iterable[str]) -> int:
    """Count the characters at the end of a text that may begin a secret, should it go on."""
    unfinished = _UNFINISHED.search(text)
    until = unfinished.start() if unfinished else len(text)
    plain = _plain(text[:until])
    folded, encoded = _folded(plain), _encoded(plain)
    most = max(
        _begun(form.text, encoded if form.is_base64 else folded)
        for secret in secrets
        for form in forms(secret)
    )
    if most:
        until = _spans(text[:until])[-most][0]
    return len(text) - until


def _begun(form: str, text: str) -> int:
    sizes = range(min(len(form) - 1, len(text)), 0, -1)
    return next((size for size in sizes if form.startswith(text[-size:])), 0)


def _plain(text: str) -> str:
    """Undo escapes, and join lines."""
    return _WRITTEN.sub(_read, text)


def _spans(text: str) -> list[tuple[int, int]]:
    """List where each character of the plain text stands in the text."""
    spans, at = [], 0
    for match in _WRITTEN.finditer(text):
        spans += [(place, place + 1) for place in range(at, match.start())]
        spans += [match.span()] * len(_read(match))
        at = match.end()
    return spans + [(place, place + 1) for place in range(at, len(text))]


def _read(match: re.Match[str]) -> str:
    if number := match["percent"] or match["json"]:
        return chr(int(number, 16))
    if match["html"]:
        return unescape(match["html"])
    is_break = match["line"] or match["break"]
    return match["quoted"] or ("" if is_break else match[0])


def _folded(text: str) -> str:
    # the only letter that becomes two, so that places would no longer fit
    return text.replace("\u0130", "i").lower()


def _encoded(text: str) -> str:
    return text.replace("-", "+").replace("_", "/")
