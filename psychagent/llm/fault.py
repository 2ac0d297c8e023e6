"""How one attempt at an endpoint failed: in a line, without the key, and whether it may pass."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import httpx
import openai

_PASSING_STATUS = frozenset({408, 409, 425, 429})
_HINTS = {
    401: "; check the key",
    403: "; check the key",
    404: "; check base_url and model",
}
_NEVER_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)
_NO_CONNECTION = (openai.APIConnectionError, httpx.ConnectError, *_NEVER_SENT)
_MOST_CHARS = 200


class Fault(Exception):
    """One attempt that gave no reply."""

    def __init__(
        self, problem: str, *, passes: bool, wait_sec: float | None = None, kind: str = "fault"
    ) -> None:
        """Note what happened.

        Args:
            problem: What the endpoint did, in a line; never holds the key.
            passes: Whether another attempt may succeed.
            wait_sec: How long the server asks to wait; None where it does not say.
            kind: The problem in our own words alone, for logs: the server's may repeat the prompt.
        """
        super().__init__(problem)
        self.passes, self.wait_sec, self.kind = passes, wait_sec, kind


class UnreadableError(ValueError):
    """The endpoint answered with something that is no chat completion."""

    wanted = "chat completion"
    """What the answer is not."""


class NoEmbeddingsError(UnreadableError):
    """The endpoint answered with something that is no list of embeddings."""

    wanted = "list of embeddings"


@contextmanager
def as_faults(key: str) -> Iterator[None]:
    """Turn whatever an attempt raises into a Fault that does not hold the key."""
    try:
        yield
    except (
        openai.OpenAIError,
        httpx.HTTPError,
        httpx.InvalidURL,
        TimeoutError,
        UnreadableError,
        json.JSONDecodeError,
    ) as error:
        fault = to_fault(error, key)
        # a traceback prints the whole chain, so an error that holds the key is left out of it
        raise fault from (None if key and key in f"{error} {error.__cause__}" else error)


def to_fault(error: Exception, key: str) -> Fault:
    """Describe an error; `key` is what must not be said."""
    kind, detail, passes = _describe(error)
    problem = f"{kind} {detail}".rstrip()
    told = problem.replace(key, "***") if key else problem
    return Fault(told, passes=passes, wait_sec=_asked_wait(error), kind=kind)


def _describe(error: Exception) -> tuple[str, str, bool]:
    """Say what happened in our own words, then what the server or a library says, and whether it may pass."""
    if isinstance(error, openai.APIStatusError | httpx.HTTPStatusError):
        return _describe_status(error)
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return "no answer within timeout_sec", "", True
    if isinstance(error, _NO_CONNECTION):
        cause = _cause(error)
        return "no connection", f"to {_address(error)} ({_told(cause)})", not isinstance(cause, _NEVER_SENT)
    if isinstance(error, json.JSONDecodeError):
        return "the answer is not JSON", f"({error})", True
    if isinstance(error, UnreadableError):
        return f"the answer is no {error.wanted}", f"({_cut(str(error))})", True
    return "the answer broke off", f"({_told(error)})", True


def _describe_status(error: openai.APIStatusError | httpx.HTTPStatusError) -> tuple[str, str, bool]:
    status = error.response.status_code
    passes = status in _PASSING_STATUS or status >= 500
    return f"HTTP {status}", f"{_reason(error)}{_HINTS.get(status, '')}".lstrip(), passes


def _cause(error: Exception) -> BaseException:
    """Return what kept a request from its server, which the client library wraps."""
    cause: BaseException = error
    while isinstance(cause, openai.APIConnectionError) and cause.__cause__:
        cause = cause.__cause__
    return cause


def _address(error: Exception) -> str:
    """Name the address that was asked, without user and query; an error may not know it."""
    try:
        request = error.request if isinstance(error, openai.APIError | httpx.RequestError) else None
    except RuntimeError:
        request = None
    return str(request.url.copy_with(userinfo=b"", query=None)) if request else "the endpoint"


def _told(error: BaseException) -> str:
    return _cut(f"{type(error).__name__}: {error}".rstrip(": "))


def _cut(text: str) -> str:
    return " ".join(text.split())[:_MOST_CHARS]


def _reason(error: openai.APIStatusError | httpx.HTTPStatusError) -> str:
    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        return _cut(str(body.get("message") or error.message))
    try:
        told = error.response.json()["error"]["message"]
    except (ValueError, LookupError, TypeError):
        told = error.response.text
    return _cut(str(told))


def _asked_wait(error: Exception) -> float | None:
    response: Any = getattr(error, "response", None)
    return retry_after(response.headers, now=time.time()) if response is not None else None


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Read how long a server asks to wait, in seconds; None where it does not say it readably.

    Args:
        headers: Of the answer; `Retry-After` holds seconds or a date (RFC 9110, 10.2.3).
        now: Unix time, which a date is compared with.
    """
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except ValueError:
            return None
    return max(0.0, seconds) if isfinite(seconds) else None
