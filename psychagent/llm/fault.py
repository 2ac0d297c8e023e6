"""Describe how an attempt at an endpoint failed: in one line, without the key, and whether to retry.

Knows no client library: the wire and the streaming client hand it what they saw.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from psychagent.domain.plain import plain
from psychagent.llm.json_bytes import parse

_PASSING_STATUS = frozenset({408, 409, 425, 429})
_HINTS = {
    401: "; check the key",
    403: "; check the key",
    404: "; check base_url and model",
}
_MOST_CHARS = 200
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class Fault(Exception):
    """An attempt that returned no usable answer."""

    def __init__(
        self, problem: str, *, passes: bool, wait_sec: float | None = None, kind: str = "fault"
    ) -> None:
        """Record what happened.

        Args:
            problem: What the endpoint did, in one line; never holds the key.
            passes: Whether the fault is transient, so that another attempt may succeed.
            wait_sec: Seconds that the server asks to wait; None if it does not say.
            kind: The problem in our own words only, for logs: the server's may quote the prompt.
        """
        super().__init__(problem)
        self.passes, self.wait_sec, self.kind = passes, wait_sec, kind


class UnreadableError(ValueError):
    """The endpoint answered with something other than a chat completion."""

    wanted = "chat completion"
    """What was expected instead."""


class NoEmbeddingsError(UnreadableError):
    """The endpoint answered with something other than a list of embeddings."""

    wanted = "list of embeddings"


def make_fault(
    kind: str, detail: str = "", *, passes: bool, key: str, wait_sec: float | None = None
) -> Fault:
    """Make a fault from the problem in our words and the detail from server or library; mask the key."""
    problem = f"{kind} {detail}".rstrip()
    masked = problem.replace(key, "***") if key else problem
    return Fault(masked, passes=passes, wait_sec=wait_sec, kind=kind)


def timed_out(key: str) -> Fault:
    """Make the fault of an attempt that took longer than `timeout_sec`."""
    return make_fault("no answer within timeout_sec", passes=True, key=key)


def no_connection(address: str, error: BaseException, *, passes: bool, key: str) -> Fault:
    """Make the fault of a request that did not reach its server, or got no answer at all."""
    return make_fault("no connection", f"to {address} ({line_of(error)})", passes=passes, key=key)


def broken_off(error: BaseException, key: str) -> Fault:
    """Make the fault of an answer that ended before it was complete."""
    return make_fault("the answer broke off", f"({line_of(error)})", passes=True, key=key)


def unreadable(error: UnreadableError, key: str) -> Fault:
    """Make the fault of an answer that is not what was asked for."""
    return make_fault(f"the answer is no {error.wanted}", f"({_cut(str(error))})", passes=True, key=key)


def of_status(status: int, headers: Mapping[str, str], body: bytes, key: str) -> Fault:
    """Make the fault of an answer with another status than 200, in the server's own words."""
    return make_fault(
        f"HTTP {status}",
        f"{server_words(body)}{_HINTS.get(status, '')}".lstrip("; "),
        passes=status in _PASSING_STATUS or status >= 500,
        key=key,
        wait_sec=retry_after(headers, now=time.time()),
    )


def server_words(body: bytes) -> str:
    """Find what a server says in an error: JSON in its usual shapes, a page's text, or plain text."""
    try:
        said = "; ".join(_words(parse(body)))
    except (ValueError, RecursionError):
        said = _MARKUP.sub(" ", body.decode("utf-8", "replace"))
    return _cut(said)


def _words(value: Any) -> Iterator[str]:
    """Yield the sentences of an error: `error`, `message`, `detail` or `msg`, at any of the usual depths."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, dict):
        name = next((n for n in ("error", "message", "detail", "msg") if value.get(n)), None)
        where = value.get("loc")
        place = ".".join(map(str, where)) + ": " if isinstance(where, list) else ""
        for words in _words(value[name]) if name else ():
            yield place + words


def line_of(error: BaseException) -> str:
    """Write an error as one line: its class and what it says."""
    return _cut(f"{type(error).__name__}: {error}".rstrip(": "))


def _cut(text: str) -> str:
    return " ".join(plain(text).split())[:_MOST_CHARS]


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds that a server asks to wait; None if it does not say or cannot be parsed.

    Args:
        headers: The answer's headers; `Retry-After` holds seconds or a date (RFC 9110, 10.2.3).
        now: Unix time that a date is compared with.
    """
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if isfinite(seconds) else None
