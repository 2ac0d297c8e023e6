"""What runs and evaluations share that work beside each other in one process.

A plan names it, so nothing is imported here that runs a graph.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from psychagent.runs.money.purse import Purse


class Follows(Protocol):
    """A run's request to stop."""

    by_signal: bool
    """Whether it came from a signal."""

    def ask(self, reason: str) -> None:
        """Ask the run to stop."""


@runtime_checkable
class Leads(Protocol):
    """A request to stop that others follow."""

    def leading(self, other: Follows) -> AbstractContextManager[None]:
        """Ask another run to stop whenever this is asked, while a block runs."""


@dataclass(frozen=True)
class Beside:
    """Places for calls and for cases, and one request to stop; by itself, of a run that is alone."""

    calls: AbstractAsyncContextManager[None] | None = None
    """Bounds the model calls of all of them; None leaves each its own gate."""
    judging: AbstractAsyncContextManager[None] | None = None
    """Bounds the calls of all judges, inside the bound on all calls; None leaves each its own gate."""
    cases: AbstractAsyncContextManager[None] = field(default_factory=nullcontext)
    """Bounds the cases that are held at once, over all of them."""
    purse: Purse | None = None
    """What all of them may spend together; None leaves each its own budget."""
    stop: Leads | None = None
    """Whoever asks it to stop asks all of them; it hears signals, so that none of them does."""


ALONE = Beside()
