"""The live resources of a process: keys, connections, gate, journal, the reporter of calls, how to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType

from psychagent.domain.usage import Usage
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.given import require
from psychagent.flows.tracing import follow_shell
from psychagent.llm.beside import SideBySide
from psychagent.llm.gate import Gate
from psychagent.llm.journal import NO_JOURNAL, Journal
from psychagent.llm.servers.outage import Outages
from psychagent.llm.servers.outage import tell_nobody as tell_no_sentence
from psychagent.llm.wire import Wire

DEFAULT_CALLS = 64
"""Default limit on concurrent model calls."""


def tell_nobody(usage: Usage) -> None:
    """Ignore a call."""


@dataclass(frozen=True)
class Live:
    """Live resources that every builder takes; they belong to one event loop."""

    env: Mapping[str, str]
    """Environment in which keys are looked up by name."""
    wire: Wire
    """The connections to all endpoints."""
    gate: AbstractAsyncContextManager[None]
    """Bounds concurrent model calls over all roles and cases."""
    report: Callable[[Usage], None] = tell_nobody
    """Called with the usage of every answered model call."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits before a retry; a run passes a function that a stop cuts short."""
    journal: Journal = NO_JOURNAL
    """Keeps the replies of a run that may be resumed."""
    beside: SideBySide = field(default_factory=SideBySide)
    """Knows which calls are made side by side, whatever their models."""
    outages: Outages = field(default_factory=Outages)
    """Waits for servers that are down."""

    async def __aenter__(self) -> Live:
        """Use the connections while a block runs."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.wire.aclose()


def open_live(
    env: Mapping[str, str],
    *,
    calls: int = DEFAULT_CALLS,
    gate: AbstractAsyncContextManager[None] | None = None,
    report: Callable[[Usage], None] = tell_nobody,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    journal: Journal = NO_JOURNAL,
    max_outage_sec: float = 0.0,
    notice: Callable[[str], None] = tell_no_sentence,
    tracing: bool = False,
) -> Live:
    """Open live resources for one event loop; `async with` closes the connections.

    Args:
        env: Where keys are looked up; pass `os.environ`.
        calls: Maximum concurrent model calls.
        gate: A gate that is shared with others of the process, in place of one for so many calls.
        report: Called with the usage of every answered model call.
        sleep: Waits before a retry, in seconds.
        journal: Where replies are kept, so that a resumed run does not ask again.
        max_outage_sec: How long to wait for a server that is down, in seconds; 0 gives up at once.
        notice: Called with a sentence when such a wait begins and ends, and about tracing.
        tracing: Whether LangSmith may trace, where the environment asks for it; off for the whole process
            otherwise.

    Raises:
        SettingsError: If the environment is none, or no call could ever be made.
    """
    require(Mapping, env, "the environment")  # type: ignore[type-abstract]
    if require(int, calls, "calls") < 1:
        raise SettingsError(f"calls is {shown(calls)}: write 1 or more, as nothing would ever be asked")
    if told := follow_shell(env, allowed=tracing):
        notice(told)
    outages = Outages(max_outage_sec, sleep, notice)
    return Live(env, Wire(env), gate or Gate(calls), report, sleep, journal, outages=outages)
