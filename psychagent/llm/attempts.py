"""The only retry loop of the project: what to retry, after how long, and when to give up.

It knows neither messages nor vectors: chats and embedders pass it the attempt to make.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from psychagent.domain.words.span import span
from psychagent.errors import MalformedReplyError, ProviderError, ReplyError
from psychagent.llm.fault import Fault

T = TypeVar("T")


class Outlast(Protocol):
    """Waits for a server that is down."""

    async def __call__(self, fault: Fault, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what an attempt gave once the server was there again.

        Args:
            fault: The last attempt's; raised as it is where the server is not down.
            attempt: Asks again.

        Raises:
            Fault: If there is still no answer.
        """


MAX_RETRIES, MAX_WAIT_SEC = 4, 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempts:
    """How often to attempt a call, and how to wait in between."""

    gate: AbstractAsyncContextManager[None]
    """Entered for each attempt and left during waits."""
    max_retries: int = MAX_RETRIES
    max_wait_sec: float = MAX_WAIT_SEC
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits for the given seconds; a run passes a function that a stop cuts short."""
    rng: random.Random = field(default_factory=random.Random)
    outlast: Outlast | None = None
    """Waits for a server that is down, once the retries are used up; None gives up."""

    async def run(self, role: str, attempt: Callable[[int], Awaitable[T]]) -> T:
        """Attempt a call until it returns a value.

        Args:
            role: The role asked, for messages and logs.
            attempt: Takes the number of the attempt, from 0. It raises a Fault if there was no answer
                (retried after a wait if it is transient), and a MalformedReplyError if the answer is
                unusable (retried at once).

        Raises:
            ProviderError, ReplyError: If the fault is permanent, the server asks for a longer wait than
                `max_wait_sec`, or the attempts are used up; the last problem decides which.
        """
        number = 0

        async def try_once() -> T:
            async with self.gate:
                return await attempt(number)

        while True:
            try:
                return await try_once()
            except (Fault, MalformedReplyError) as error:
                problem = error
            is_last = number == self.max_retries or self._asks_too_much(problem)
            if isinstance(problem, Fault) and self.outlast is not None and is_last:
                try:
                    return await self.outlast(problem, try_once)
                except (Fault, MalformedReplyError) as error:
                    # whatever comes after an outage has the whole budget again
                    number, problem = number if error is problem else 0, error
            wait = self._wait_after(problem, role, number)
            if wait is not None:
                await self.sleep(wait)
            number += 1

    def _wait_after(self, problem: Fault | MalformedReplyError, role: str, number: int) -> float | None:
        """Return the seconds to wait before the next attempt; None to retry at once.

        Raises:
            ProviderError, ReplyError: If there is no next attempt.
        """
        if reason := self._why_final(problem, number):
            _log.warning("%s: given up after attempt %d: %s", role, number + 1, _kind(problem))
            gave_up = (ProviderError if isinstance(problem, Fault) else ReplyError)(f"{role}: {reason}")
            gave_up.cause = problem.cause
            raise gave_up from problem
        wait = None
        if isinstance(problem, Fault):
            wait = backoff(number, problem.wait_sec, self.rng.random(), self.max_wait_sec)
        tries = self.max_retries + 1
        _log.info(
            "%s: attempt %d of %d: %s; again in %.1f s", role, number + 1, tries, _kind(problem), wait or 0
        )
        return wait

    def _why_final(self, problem: Fault | MalformedReplyError, number: int) -> str:
        """Return why there is no further attempt; empty if there is one."""
        if isinstance(problem, Fault) and not problem.passes:
            return str(problem)
        if number == self.max_retries:
            return f"gave up after {number + 1} attempts; last problem: {problem}"
        if isinstance(problem, Fault) and self._asks_too_much(problem):
            asked, most = problem.wait_sec or 0.0, self.max_wait_sec
            return (
                f"{problem}; the server asks to wait {span(asked)}, more than max_wait_sec {most:g}, so it "
                "is not asked again; try later, or raise max_wait_sec"
            )
        return ""

    def _asks_too_much(self, problem: Fault | MalformedReplyError) -> bool:
        asked = problem.wait_sec if isinstance(problem, Fault) else None
        return asked is not None and asked > self.max_wait_sec


def _kind(problem: Fault | MalformedReplyError) -> str:
    """Name a problem in our own words only, so that logs hold no prompt and no reply."""
    return problem.kind if isinstance(problem, Fault) else "a malformed reply"


def backoff(attempt: int, asked: float | None, draw: float, most: float) -> float:
    """Return the seconds to wait before the next attempt.

    That is 0.5 s, doubled with each attempt up to `most`, of which half is random (`draw` in 0..1), so
    that callers that failed together do not retry together. If the server asked for more, it is that
    plus up to a quarter of it, at most 1 s. One that asks for no wait gets no more attempts a second.
    """
    own = min(0.5 * 2.0**attempt, most) * (0.5 + 0.5 * draw)
    return own if asked is None else max(own, asked + min(0.25 * asked, 1.0) * draw)
