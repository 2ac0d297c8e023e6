"""Describe how an attempt at an endpoint failed: in one line, without a secret, and whether to retry.

Knows no client library: the wire and the streaming client hand it what they saw.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from math import inf, isfinite

from psychagent.domain.cause import Cause
from psychagent.llm.servers.refusal import Refusal, cut, read_refusal, where_to
from psychagent.llm.servers.secrets import mask, mask_bytes
from psychagent.llm.servers.statuses import Fate, verdict_of
from psychagent.llm.servers.unreached import why_unreached

_NONE: tuple[str, ...] = ()
_FAR_YEAR = re.compile(r"\b[A-Z][a-z]{2}[ -][0-9]{5,} [0-9:]+ GMT\s*$")
"""Of a date that no calendar holds."""


class Fault(Exception):
    """An attempt that returned no usable answer."""

    def __init__(
        self,
        problem: str,
        *,
        passes: bool,
        wait_sec: float | None = None,
        kind: str = "fault",
        cause: Cause | None = None,
        fits: int | None = None,
    ) -> None:
        """Record what happened.

        Args:
            problem: What the endpoint did, in one line; never holds a secret.
            passes: Whether the fault is transient, so that another attempt may succeed.
            wait_sec: Seconds that the server asks to wait; None if it does not say.
            kind: The problem in our own words only, for logs: the server's may quote the prompt.
            cause: Why, as far as it decides what is done about it.
            fits: Tokens that a reply may have so that prompt and reply fit; None if a server does not say.
        """
        super().__init__(problem)
        self.passes, self.wait_sec, self.kind = passes, wait_sec, kind
        self.cause, self.fits = cause, fits


class UnreadableError(ValueError):
    """The endpoint answered with something other than a chat completion."""

    wanted = "chat completion"
    """What was expected instead."""

    def __init__(self, problem: str, refusal: Refusal | None = None) -> None:
        """Record what was answered, and the refusal in it, if it is one that lasts."""
        super().__init__(problem)
        self.refusal = refusal


class NoEmbeddingsError(UnreadableError):
    """The endpoint answered with something other than a list of embeddings."""

    wanted = "list of embeddings"


def make_fault(
    kind: str,
    detail: str = "",
    *,
    passes: bool,
    secrets: Iterable[str] = _NONE,
    wait_sec: float | None = None,
    cause: Cause | None = None,
    fits: int | None = None,
) -> Fault:
    """Make a fault from the problem in our words and the detail from server or library; mask secrets."""
    kind = mask(kind, secrets)
    problem = mask(f"{kind} {detail}".rstrip(), secrets)
    return Fault(problem, passes=passes, wait_sec=wait_sec, kind=kind, cause=cause, fits=fits)


def timed_out(secrets: Iterable[str] = _NONE) -> Fault:
    """Make the fault of an attempt that took longer than `timeout_sec`."""
    return make_fault("no answer within timeout_sec", passes=True, secrets=secrets, cause=Cause.DOWN)


def no_connection(address: str, error: BaseException, *, passes: bool, secrets: Iterable[str]) -> Fault:
    """Make the fault of a request that did not reach its server, or got no answer at all."""
    detail = f"to {address} ({line_of(error, secrets)})"
    return make_fault("no connection", detail, passes=passes, secrets=secrets, cause=Cause.DOWN)


def no_tunnel(address: str, status: int, secrets: Iterable[str]) -> Fault:
    """Make the fault of a request that a proxy did not let through to its server."""
    verdict = verdict_of(status)
    hint = f"; {verdict.remedy}" if verdict.remedy and status == 407 else ""
    return make_fault(
        "no connection",
        f"to {address} (HTTP {status} from the proxy){hint}",
        passes=verdict.fate is Fate.RETRIED,
        secrets=secrets,
        cause=verdict.cause or Cause.DOWN,
    )


def broken_off(error: BaseException, secrets: Iterable[str]) -> Fault:
    """Make the fault of an answer that ended before it was complete."""
    detail = f"({line_of(error, secrets)})"
    return make_fault("the answer broke off", detail, passes=True, secrets=secrets, cause=Cause.BROKEN)


def unreadable(error: UnreadableError, secrets: Iterable[str]) -> Fault:
    """Make the fault of an answer that is not what was asked for."""
    refusal = error.refusal or Refusal("")
    hint = f"; {refusal.hint}" if refusal.hint else ""
    return make_fault(
        f"the answer is no {error.wanted}",
        f"({cut(mask(str(error), secrets))}){hint}",
        passes=refusal.cause is None,
        secrets=secrets,
        cause=refusal.cause or Cause.UNREADABLE,
        fits=refusal.fits,
    )


def of_status(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[str],
    *,
    address: str = "",
    through: str = "",
) -> Fault:
    """Make the fault of an answer with another status than 200, in the server's own words.

    Args:
        status: The HTTP status.
        headers: The answer's, names in lower case.
        body: The answer's, in whatever shape.
        secrets: What no message may repeat.
        address: What was asked; named where a person has to look after it.
        through: The proxy in between, which may be the one that answered; empty if there is none.
    """
    wait, verdict = retry_after(headers, now=time.time()), verdict_of(status)
    refusal = read_refusal(status, mask_bytes(body, secrets), waits=wait is not None, secrets=secrets)
    moved = where_to(headers) if 300 <= status < 400 else ""
    hint = moved or (f"; {refusal.hint}" if refusal.hint else "")
    remedy = f"; try {refusal.remedy}" if refusal.remedy else ""
    if not (refusal.words or hint or remedy) and verdict.fate is Fate.CASE:
        remedy = "; it says no more: look into the server's log"
    at = f" ({address})" if address and refusal.cause is not None and refusal.cause.ends_run else ""
    by = f" (through the proxy of {through})" if through else ""
    return make_fault(
        f"HTTP {status}",
        f"{refusal.words}{at}{hint}{remedy}".lstrip("; ") + by,
        passes=verdict.fate is Fate.RETRIED and refusal.cause is not Cause.QUOTA,
        secrets=secrets,
        wait_sec=wait,
        cause=refusal.cause,
        fits=refusal.fits,
    )


def line_of(error: BaseException, secrets: Iterable[str]) -> str:
    """Say in one line why there was no answer, without a secret."""
    return cut(mask(why_unreached(error), secrets))


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds that a server asks to wait; None if it does not say or cannot be parsed.

    A number or a year that is too large to reckon with is a wait without end.

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
            return inf if _FAR_YEAR.search(value) else None
    # words such as "inf" and "nan" are no numbers of a server's
    return max(0.0, seconds) if isfinite(seconds) or value.strip().isdigit() else None
