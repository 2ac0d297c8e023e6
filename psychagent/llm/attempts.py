"""The one retry loop of the project: what is tried again, after which wait, and when it is given up.

It knows neither messages nor vectors: a chat and an embedder hand it what to do in an attempt.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from psychagent.errors import MalformedReplyError, ProviderError, ReplyError
from psychagent.llm.fault import Fault

T = TypeVar("T")

MAX_RETRIES, MAX_WAIT_SEC = 4, 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempts:
    """How often a call is attempted, and how it waits in between."""

    gate: AbstractAsyncContextManager[None]
    """Entered for each attempt, so that it is free while a caller waits."""
    max_retries: int = MAX_RETRIES
    max_wait_sec: float = MAX_WAIT_SEC
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How to wait; a run hands over one that a stop cuts short."""
    rng: random.Random = field(default_factory=random.Random)

    async def run(self, role: str, attempt: Callable[[int], Awaitable[T]]) -> T:
        """Attempt a call until it gives a value.

        Args:
            role: Who is asked, for messages and logs.
            attempt: Takes the number of the attempt, from 0. It raises a Fault where there was no
                answer, which is waited out if it may pass, and a MalformedReplyError where the
                answer cannot be used, which is no reason to wait.

        Raises:
            ProviderError, ReplyError: If the fault will not pass, the server asks for a longer wait
                than `max_wait_sec`, or the budget is used up; the last problem decides which.
        """
        number = 0
        while True:
            try:
                async with self.gate:
                    return await attempt(number)
            except (Fault, MalformedReplyError) as error:
                problem = error
            wait = self._wait_after(problem, role, number)
            if wait is not None:
                await self.sleep(wait)
            number += 1

    def _wait_after(self, problem: Fault | MalformedReplyError, role: str, number: int) -> float | None:
        """Seconds to wait before the next attempt; None where it may follow at once.

        Raises:
            ProviderError, ReplyError: If there is to be none.
        """
        if reason := self._why_final(problem, number):
            _log.warning("%s: given up after attempt %d: %s", role, number + 1, _kind(problem))
            gave_up = ProviderError if isinstance(problem, Fault) else ReplyError
            raise gave_up(f"{role}: {reason}") from problem
        wait = None
        if isinstance(problem, Fault):
            wait = backoff(number, problem.wait_sec, self.rng.random(), self.max_wait_sec)
        tries = self.max_retries + 1
        _log.info(
            "%s: attempt %d of %d: %s; again in %.1f s", role, number + 1, tries, _kind(problem), wait or 0
        )
        return wait

    def _why_final(self, problem: Fault | MalformedReplyError, number: int) -> str:
        """Say why no further attempt is made; empty where one is."""
        if isinstance(problem, Fault) and not problem.passes:
            return str(problem)
        if number == self.max_retries:
            return f"gave up after {number + 1} attempts; last problem: {problem}"
        asked, most = problem.wait_sec if isinstance(problem, Fault) else None, self.max_wait_sec
        if asked is not None and asked > most:
            return f"{problem}; the server asks to wait {asked:.0f} s, more than max_wait_sec {most:g}"
        return ""


def _kind(problem: Fault | MalformedReplyError) -> str:
    """Name a problem without words of the server or of a model: a log holds no prompt and no reply."""
    return problem.kind if isinstance(problem, Fault) else "a malformed reply"


def backoff(attempt: int, asked: float | None, draw: float, most: float) -> float:
    """Seconds to wait before the next attempt.

    What the server asked for, plus up to a quarter; else 0.5 s doubled with each attempt, of which
    half is drawn (`draw` in 0..1), so that callers who failed together do not return together.
    """
    if asked is not None:
        return asked + min(0.25 * asked, 1.0) * draw
    return min(0.5 * 2.0**attempt, most) * (0.5 + 0.5 * draw)
