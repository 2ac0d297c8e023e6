"""A request to stop cleanly: calls in flight may finish, nothing new starts, waits are cut short."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from psychagent.runs.workers.beside import Follows, Leads

T = TypeVar("T")

log = logging.getLogger(__name__)

STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
GRACE_SEC = 10.0
"""How long calls in flight may take to finish; a slower call is repeated on resume."""


@dataclass(eq=False)
class Stop:
    """One run's request to stop; belongs to the run's event loop.

    Abandoned work raises GraphDrained, as graphs do: it is no error, so it is not recorded as a
    failure, and no graph cancels the tasks running next to it.
    """

    grace_sec: float = GRACE_SEC
    control: RunControl = field(default_factory=RunControl)
    """Checked by graphs, nested ones included, before each step."""
    reason: str = ""
    """Why the run itself asked to stop; empty unless it did."""
    by_signal: bool = False
    """Whether the request came from a signal, not from the run itself."""
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _led: list[Follows] = field(default_factory=list)

    @property
    def asked(self) -> bool:
        """Whether the run has been asked to stop."""
        return self._asked.is_set()

    def ask(self, reason: str) -> None:
        """Ask the run to stop."""
        log.warning("asked to stop: %s", reason)
        self.control.request_drain(reason)
        if not self.asked and not self.by_signal:
            self.reason = reason
        self._asked.set()
        for each in self._led:
            self._pass_on(each, reason)

    @contextmanager
    def leading(self, other: Follows) -> Iterator[None]:
        """Ask another run to stop whenever this one is asked, or was already, while a block runs."""
        self._led.append(other)
        try:
            if self.asked:
                self._pass_on(other, self.reason)
            yield
        finally:
            self._led.remove(other)

    def _pass_on(self, other: Follows, reason: str) -> None:
        other.by_signal = other.by_signal or self.by_signal
        other.ask(reason or "stopped by signal")

    async def sleep(self, seconds: float) -> None:
        """Wait, as `asyncio.sleep` does.

        Raises:
            GraphDrained: As soon as the run is asked to stop, so that no retry is waited for.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), seconds)
            raise GraphDrained("stopped while waiting")

    async def bound(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work, but no longer than the grace period once the run is asked to stop.

        Raises:
            GraphDrained: If the grace period ends first.
        """
        task, over = asyncio.create_task(work), asyncio.create_task(self._over())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise GraphDrained(f"no answer within {self.grace_sec:g} s of the request to stop")
        finally:
            for each in (task, over):
                each.cancel()
            await asyncio.gather(task, over, return_exceptions=True)

    async def _over(self) -> None:
        await self._asked.wait()
        await asyncio.sleep(self.grace_sec)


@contextmanager
def stop_on_signals(
    stop: Stop, confirm: Callable[[bool], None] = lambda again: None, *, led_by: Leads | None = None
) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a terminal that goes away ask for a clean stop; a second one ends at once.

    Args:
        stop: The request to make.
        confirm: Called at each signal, with whether it is a second one, to show that it was received.
        led_by: The request of several runs beside each other, which hears the signals for all of them.
    """
    if led_by is not None:
        with led_by.leading(stop):
            yield
        return
    loop = asyncio.get_running_loop()

    def ask() -> None:
        confirm(stop.by_signal)
        if stop.by_signal:
            loop.remove_signal_handler(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        stop.by_signal = True
        stop.ask("stopped by signal")

    # what a signal did before, which the loop would forget; `nohup` asks for SIGHUP to be ignored
    before = {name: signal.getsignal(name) for name in STOPS}
    heard = [name for name in STOPS if before[name] is not signal.SIG_IGN or name is signal.SIGINT]
    try:
        for name in heard:
            loop.add_signal_handler(name, ask)
    except (NotImplementedError, ValueError, RuntimeError):
        # not the main thread (a notebook's loop, a test): its owner handles signals
        yield
        return
    try:
        yield
    finally:
        for name in heard:
            loop.remove_signal_handler(name)
            signal.signal(name, before[name])
