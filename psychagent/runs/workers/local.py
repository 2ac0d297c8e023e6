"""Workers of one process: tasks of its event loop, and a ledger in its memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from psychagent.runs.log import working_on
from psychagent.runs.workers.base import Claim, ClaimLostError, Ledger

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class LocalLedger:
    """Claims of one process.

    A claim never expires here: the holder lives as long as the process. A ledger over several
    processes lets one expire that has not beaten for a while.
    """

    held: dict[str, int] = field(default_factory=dict)
    """Name -> fence of the claim that holds."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def claim(self, name: str) -> int | None:
        """Claim a piece of work; None where it is held."""
        if name in self.held:
            return None
        self.held[name] = next(self.numbers)
        return self.held[name]

    def beat(self, name: str, fence: int) -> None:
        """Nothing is needed to stay alive but the claim itself."""
        self.check(name, fence)

    def check(self, name: str, fence: int) -> None:
        """Make sure that a claim holds."""
        if self.held.get(name) != fence:
            raise ClaimLostError(f"{name}: the claim was lost to another worker; nothing more is written")

    def release(self, name: str, fence: int) -> None:
        """Give a piece of work back."""
        if self.held.get(name) == fence:
            del self.held[name]


@dataclass(frozen=True)
class LocalWorkers:
    """Some tasks of one event loop."""

    at_a_time: int
    ledger: Ledger = field(default_factory=LocalLedger)

    async def run(
        self,
        tasks: Sequence[tuple[str, T]],
        work: Callable[[Claim[T]], Awaitable[R]],
        *,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[R]:
        """Do all pieces of work, at most `at_a_time` at once.

        Whatever ends the wait, no worker goes on behind the caller's back: the others are cancelled
        and awaited before the error is raised.
        """
        waiting = iter(tasks)
        results: list[R] = []

        async def worker() -> None:
            for name, task in waiting:
                if stopped():
                    return
                fence = self.ledger.claim(name)
                if fence is None:
                    log.warning("%s: is claimed already and left to its holder", name)
                    continue
                try:
                    with working_on(name):
                        results.append(await work(Claim(task, name, fence, self.ledger)))
                except ClaimLostError as error:
                    # the piece is another worker's now; the other pieces go on
                    log.warning("%s", error)
                finally:
                    self.ledger.release(name, fence)

        workers = [asyncio.create_task(worker()) for _ in range(min(self.at_a_time, len(tasks)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for each in workers:
                each.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return results
