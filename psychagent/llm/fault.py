"""Describe how an attempt at an endpoint failed: in one line, without the key, and whether to retry."""

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
        # a traceback prints the whole chain, so do not chain an error that holds the key
        raise fault from (None if key and key in f"{error} {error.__cause__}" else error)


def to_fault(error: Exception, key: str) -> Fault:
    """Convert an error to a Fault, with `key` masked."""
    kind, detail, passes = _describe(error)
    problem = f"{kind} {detail}".rstrip()
    masked = problem.replace(key, "***") if key else problem
    return Fault(masked, passes=passes, wait_sec=_asked_wait(error), kind=kind)


def _describe(error: Exception) -> tuple[str, str, bool]:
    """Return the problem in our words, the detail from server or library, and whether it is transient."""
    if isinstance(error, openai.APIStatusError | httpx.HTTPStatusError):
        return _describe_status(error)
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return "no answer within timeout_sec", "", True
    if isinstance(error, _NO_CONNECTION):
        cause = _cause(error)
        return "no connection", f"to {_address(error)} ({_line(cause)})", not isinstance(cause, _NEVER_SENT)
    if isinstance(error, json.JSONDecodeError):
        return "the answer is not JSON", f"({error})", True
    if isinstance(error, UnreadableError):
        return f"the answer is no {error.wanted}", f"({_cut(str(error))})", True
    return "the answer broke off", f"({_line(error)})", True


def _describe_status(error: openai.APIStatusError | httpx.HTTPStatusError) -> tuple[str, str, bool]:
    status = error.response.status_code
    passes = status in _PASSING_STATUS or status >= 500
    return f"HTTP {status}", f"{_reason(error)}{_HINTS.get(status, '')}".lstrip(), passes


def _cause(error: Exception) -> BaseException:
    """Unwrap the error that kept a request from reaching its server."""
    cause: BaseException = error
    while isinstance(cause, openai.APIConnectionError) and cause.__cause__:
        cause = cause.__cause__
    return cause


def _address(error: Exception) -> str:
    """Return the request's URL without user and query; errors may lack a request."""
    try:
        request = error.request if isinstance(error, openai.APIError | httpx.RequestError) else None
    except RuntimeError:
        request = None
    return str(request.url.copy_with(userinfo=b"", query=None)) if request else "the endpoint"


def _line(error: BaseException) -> str:
    return _cut(f"{type(error).__name__}: {error}".rstrip(": "))


def _cut(text: str) -> str:
    return " ".join(text.split())[:_MOST_CHARS]


def _reason(error: openai.APIStatusError | httpx.HTTPStatusError) -> str:
    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        return _cut(str(body.get("message") or error.message))
    try:
        message = error.response.json()["error"]["message"]
    except (ValueError, LookupError, TypeError):
        message = error.response.text
    return _cut(str(message))


def _asked_wait(error: Exception) -> float | None:
    response: Any = getattr(error, "response", None)
    return retry_after(response.headers, now=time.time()) if response is not None else None


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
        except ValueError:
            return None
    return max(0.0, seconds) if isfinite(seconds) else None
