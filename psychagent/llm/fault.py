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
_MOST_CHARS = 200


class Fault(Exception):
    """One attempt that gave no reply."""

    def __init__(self, problem: str, *, passes: bool, wait_sec: float | None = None) -> None:
        """Note what happened.

        Args:
            problem: What the endpoint did, in a line; never holds the key.
            passes: Whether another attempt may succeed.
            wait_sec: How long the server asks to wait; None where it does not say.
        """
        super().__init__(problem)
        self.passes, self.wait_sec = passes, wait_sec


class UnreadableError(ValueError):
    """The endpoint answered with something that is no chat completion."""


@contextmanager
def as_faults(key: str) -> Iterator[None]:
    """Turn whatever an attempt raises into a Fault that does not hold the key."""
    try:
        yield
    except (
        openai.OpenAIError,
        httpx.HTTPError,
        TimeoutError,
        UnreadableError,
        json.JSONDecodeError,
    ) as error:
        fault = to_fault(error, key)
        # a traceback prints the whole chain, so an error that holds the key is left out of it
        raise fault from (None if key and key in f"{error} {error.__cause__}" else error)


def to_fault(error: Exception, key: str) -> Fault:
    """Describe an error; `key` is what must not be said."""
    problem, passes = _describe(error)
    told = problem.replace(key, "***") if key else problem
    return Fault(told, passes=passes, wait_sec=_asked_wait(error))


def _describe(error: Exception) -> tuple[str, bool]:
    """Say in a line what happened, and whether it may pass."""
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        told = f"HTTP {status} {_reason(error)}".rstrip() + _HINTS.get(status, "")
        return told, status in _PASSING_STATUS or status >= 500
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return "no answer within timeout_sec", True
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        while isinstance(cause, openai.APIConnectionError) and cause.__cause__:
            cause = cause.__cause__
        url = error.request.url.copy_with(userinfo=b"", query=None)
        return f"no connection to {url} ({_told(cause)})", not isinstance(cause, _NEVER_SENT)
    if isinstance(error, json.JSONDecodeError):
        return f"the answer is not JSON ({error})", True
    if isinstance(error, UnreadableError):
        return f"the answer is no chat completion ({_cut(str(error))})", True
    return f"the answer broke off ({_told(error)})", True


def _told(error: BaseException) -> str:
    return _cut(f"{type(error).__name__}: {error}".rstrip(": "))


def _cut(text: str) -> str:
    return " ".join(text.split())[:_MOST_CHARS]


def _reason(error: openai.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return _cut(str(body.get("message") or error.message))


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
