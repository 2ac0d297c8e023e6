"""The gate that bounds how many calls are under way at a time."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Gate:
    """At most `limit` calls at a time, over everything that shares this gate; the rest wait in order.

    One gate stands in a process, before every endpoint, and is entered for a single attempt: who
    waits before another attempt stands outside and lets others through.

    Whatever takes a gate only enters it, `async with gate:`, so another limiter takes its place
    without a base class: one that counts over several machines, say, with a lease so that a
    machine that dies gives its places back.

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
        """Give the place back, however the call went."""
        self._places.release()
