"""What runs and evaluations share that work beside each other in one process."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field

from psychagent.llm.gate import Gate, Gates
from psychagent.runs.stop import Stop


@dataclass(frozen=True)
class Beside:
    """Places for calls and for cases, and one request to stop; by itself, of a run that is alone."""

    calls: Gate | None = None
    """Bounds the model calls of all of them; None leaves each its own gate."""
    judging: AbstractAsyncContextManager[None] | None = None
    """Bounds the calls of all judges, inside the bound on all calls; None leaves each its own gate."""
    cases: AbstractAsyncContextManager[None] = field(default_factory=nullcontext)
    """Bounds the cases that are held at once, over all of them."""
    stop: Stop | None = None
    """Whoever asks it to stop asks all of them; it hears signals, so that none of them does."""


ALONE = Beside()


def share(*, calls: int, judging: int, cases: int) -> Beside:
    """Open what pieces of work share, for one event loop.

    Args:
        calls: Most model calls at once, judges included.
        judging: Most calls of judges at once.
        cases: Most cases at once.
    """
    gate = Gate(calls)
    return Beside(gate, Gates(Gate(judging), gate), asyncio.Semaphore(cases), Stop())
