"""Wait for a server that is down: one caller looks for it again, the others wait to hear.

It knows addresses and time, but neither messages nor what an attempt is made of.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from psychagent.domain.cause import Cause
from psychagent.domain.words.span import span
from psychagent.llm.attempts import Outlast
from psychagent.llm.fault import Fault

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

FIRST_LOOK_SEC, LONGEST_LOOK_SEC, LISTEN_SEC = 2.0, 30.0, 0.25

log = logging.getLogger(__name__)


def tell_nobody(sentence: str) -> None:
    """Keep a sentence to oneself."""


@dataclass
class _Server:
    """What is known of a server."""

    answered_at: float = float("-inf")
    """When it last gave an answer of any kind; seconds of the event loop's clock."""
    down_since: float | None = None
    """When a caller began to wait for it; None while nobody waits."""


@dataclass
class Outages:
    """The servers of a process, and the wait for those that are down."""

    most_sec: float = 0.0
    """Longest wait for one outage; 0 gives up at once."""
    sleep: Sleep = asyncio.sleep
    tell: Callable[[str], None] = tell_nobody
    """Called with a sentence when an outage begins and when it ends."""
    _servers: dict[str, _Server] = field(default_factory=dict)

    def answered(self, address: str) -> None:
        """Note that a server gave an answer, whatever it said."""
        self._at(address).answered_at = _now()

    async def outlast(self, address: str, fault: Fault, attempt: Callable[[], Awaitable[T]]) -> T:
        """Wait until a server is there again, and return what an attempt gave.

        Args:
            address: The server's address.
            fault: The caller's last fault, raised where there is no wait.
            attempt: Asks again.

        Raises:
            Fault: The last one; its cause is an outage if the server stayed away for as long as is waited.
        """
        if self.most_sec <= 0 or fault.cause is not Cause.DOWN:
            raise fault
        if (fault.wait_sec or 0) > self.most_sec:
            raise self._given_up(fault, f"the server asks to wait {span(fault.wait_sec or 0)}, more than")
        server = self._at(address)
        if server.down_since is not None:
            await self._listen(server, server.down_since, fault)
            return await attempt()
        server.down_since = began = _now()
        self._say(f"{address} does not answer; waiting for up to {self.most_sec:g} s ({fault})")
        try:
            result = await self._look(server, began, fault, attempt)
        finally:
            server.down_since = None
            if server.answered_at > began:
                self._say(f"{address} answers again")
        return result

    def of(self, address: str) -> Outlast:
        """Return the wait for one server, as attempts take it."""

        async def wait(fault: Fault, attempt: Callable[[], Awaitable[T]]) -> T:
            return await self.outlast(address, fault, attempt)

        return wait

    async def _look(
        self, server: _Server, began: float, fault: Fault, attempt: Callable[[], Awaitable[T]]
    ) -> T:
        """Attempt again and again until something else than an outage comes of it."""
        wait = FIRST_LOOK_SEC
        while True:
            asked = max(wait, fault.wait_sec or 0.0)
            await self.sleep(max(0.0, min(asked, began + self.most_sec - _now())))
            try:
                return await attempt()
            except Fault as error:
                if error.cause is not Cause.DOWN:
                    raise
                if server.answered_at > began:
                    # others got answers, so it is the caller's request that the server stumbles over
                    raise fault from error
                if _now() - began >= self.most_sec:
                    raise self._given_up(error) from error
                fault = error
            wait = min(2 * wait, LONGEST_LOOK_SEC)

    async def _listen(self, server: _Server, began: float, fault: Fault) -> None:
        """Wait until another caller has found the server again."""
        while server.down_since == began and server.answered_at <= began:
            await self.sleep(LISTEN_SEC)
        if server.answered_at <= began:
            raise self._given_up(fault) from fault

    def _given_up(self, fault: Fault, why: str = "waited for the server as long as") -> Fault:
        return Fault(
            f"{fault}; {why} max_outage_sec {self.most_sec:g}",
            passes=False,
            kind=fault.kind,
            cause=Cause.OUTAGE,
        )

    def _at(self, address: str) -> _Server:
        return self._servers.setdefault(address, _Server())

    def _say(self, sentence: str) -> None:
        log.warning("%s", sentence)
        self.tell(sentence)


def _now() -> float:
    return asyncio.get_running_loop().time()
