"""Workers within one process: tasks of its event loop, with a ledger in memory."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from psychagent.errors import ClaimLostError
from psychagent.runs.log import working_on
from psychagent.runs.workers.base import Claim, Ledger

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class LocalLedger:
    """Claims of one process.

    A claim never expires here, because its holder lives as long as the process. A ledger across
    processes has to expire claims without a recent heartbeat.
    """

    held: dict[str, int] = field(default_factory=dict)
    """Name -> fence of the valid claim."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def claim(self, name: str) -> int | None:
        """Claim a piece of work; None if it is held."""
        if name in self.held:
            return None
        self.held[name] = next(self.numbers)
        return self.held[name]

    def beat(self, name: str, fence: int) -> None:
        """Check the claim; in one process a holder needs no heartbeat."""
        self.check(name, fence)

    def check(self, name: str, fence: int) -> None:
        """Check that a claim is still valid."""
        if self.held.get(name) != fence:
            raise ClaimLostError(f"{name}: the claim was lost to another worker; nothing more is written")

    def release(self, name: str, fence: int) -> None:
        """Release a piece of work."""
        if self.held.get(name) == fence:
            del self.held[name]


@contextmanager
def leaving_imports_alone() -> Iterator[None]:
    """Keep what is there already out of the garbage collector's rounds.

    Imports are some hundred thousand objects that never go; to look at them again and again is a tenth of
    a run's CPU.
    """
    gc.freeze()
    # it forgets how many there were, by which it would put off the round that finds finished graphs
    gc.collect()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass(frozen=True)
class LocalWorkers:
    """Concurrent tasks of one event loop."""

    at_a_time: int
    ledger: Ledger = field(default_factory=LocalLedger)
    places: AbstractAsyncContextManager[None] = field(default_factory=nullcontext)
    """Places that are shared with the workers of other runs: a piece is done in one of them."""

    async def run(
        self,
        tasks: Sequence[tuple[str, T]],
        work: Callable[[Claim[T]], Awaitable[R]],
        *,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[R]:
        """Do all pieces of work, at most `at_a_time` at once.

        No worker outlives the call: on any error the others are cancelled and awaited before it is
        raised.
        """
        waiting = iter(tasks)
        results: list[R] = []

        async def worker() -> None:
            for name, task in waiting:
                async with self.places:
                    # asked in the place, for which it may have waited long
                    if stopped():
                        return
                    results.extend(await self._do(name, task, work))

        workers = [asyncio.create_task(worker()) for _ in range(min(self.at_a_time, len(tasks)))]
        try:
            with leaving_imports_alone():
                await asyncio.gather(*workers)
        finally:
            for each in workers:
                each.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return results

    async def _do(self, name: str, task: T, work: Callable[[Claim[T]], Awaitable[R]]) -> list[R]:
        """Claim a piece of work and do it; nothing comes of one that is another worker's."""
        fence = self.ledger.claim(name)
        if fence is None:
            log.warning("%s: is claimed already and left to its holder", name)
            return []
        try:
            with working_on(name):
                return [await work(Claim(task, name, fence, self.ledger))]
        except ClaimLostError as error:
            # the piece is another worker's now; the other pieces go on
            log.warning("%s", error)
            return []
        finally:
            self.ledger.release(name, fence)
