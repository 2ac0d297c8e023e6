"""The gate that bounds how many calls run at once."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType


class Gate:
    """At most `limit` calls at a time, over everything that shares this gate; the rest wait in line.

    A process has one gate for all its endpoints. A caller holds a place for a single attempt only,
    and gives it up while it waits before the next attempt.

    Callers only use `async with gate:`, so any other limiter can replace it without a base class:
    for instance one that counts over several machines, with a lease so that the places of a machine
    that dies are freed.

        class RedisGate:
            def __init__(self, redis: Redis, name: str, limit: int) -> None:
                self._redis, self._name, self._limit = redis, name, limit

            async def __aenter__(self) -> None:
                while await self._redis.incr(self._name) > self._limit:
                    await self._redis.decr(self._name)
                    await asyncio.sleep(0.05)
                await self._redis.expire(self._name, 600)

            async def __aexit__(self, *error: object) -> None:
                await self._redis.decr(self._name)
    """

    def __init__(self, limit: int) -> None:
        """Open the gate for `limit` calls at a time."""
        self.limit = limit
        self._places = asyncio.Semaphore(limit)

    async def __aenter__(self) -> None:
        """Wait for a place."""
        await self._places.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free the place, whether or not the call succeeded."""
        self._places.release()


class Gates:
    """Several gates passed one behind the other, the narrow one first, always in the same order."""

    def __init__(self, *gates: AbstractAsyncContextManager[None]) -> None:
        """Take the gates."""
        self._gates = gates

    async def __aenter__(self) -> None:
        """Wait for a place in each."""
        passed: list[AbstractAsyncContextManager[None]] = []
        try:
            for gate in self._gates:
                await gate.__aenter__()
                passed.append(gate)
        except BaseException:
            # whoever is cancelled in the line of one gives up the places in those before
            for gate in reversed(passed):
                await gate.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free the places, whether or not the call succeeded."""
        for gate in reversed(self._gates):
            await gate.__aexit__(kind, error, traceback)
