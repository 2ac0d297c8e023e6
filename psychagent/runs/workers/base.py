"""How pieces of work are claimed, kept alive and fenced, whoever does them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from psychagent.errors import RecordError

T = TypeVar("T")
R = TypeVar("R")


class ClaimLostError(RecordError):
    """Another worker has taken the piece of work over, so nothing of it may be written here."""


@dataclass(frozen=True)
class Claim(Generic[T]):
    """One worker's right to a piece of work, until a later claim of the same piece is made."""

    task: T
    name: str
    """Of the piece of work; unique within the run."""
    fence: int
    """Grows with every claim of the run: a write under a lower number than the last one is refused."""
    ledger: Ledger

    def check(self) -> None:
        """Make sure before a write that the claim still holds.

        Raises:
            ClaimLostError: If a later claim of the same piece was made.
        """
        self.ledger.check(self.name, self.fence)


class Ledger(Protocol):
    """Who holds which piece of work. In one process a dictionary; over several, a table."""

    def claim(self, name: str) -> int | None:
        """Claim a piece of work and return the claim's fence; None where somebody alive holds it."""

    def beat(self, name: str, fence: int) -> None:
        """Say that the holder is alive.

        Raises:
            ClaimLostError: If the claim was lost.
        """

    def check(self, name: str, fence: int) -> None:
        """Make sure that a claim holds.

        Raises:
            ClaimLostError: If the claim was lost.
        """

    def release(self, name: str, fence: int) -> None:
        """Give a piece of work back, done or not; a claim that was lost is let go in silence."""


class Workers(Protocol):
    """Do pieces of work, some at a time."""

    async def run(
        self,
        tasks: Sequence[tuple[str, T]],
        work: Callable[[Claim[T]], Awaitable[R]],
        *,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[R]:
        """Do all pieces of work that no other worker has claimed.

        Args:
            tasks: Name and piece of work, in the order in which they are begun.
            work: Does one piece; what it returns is collected.
            stopped: Once this is so, no further piece is begun.

        Returns:
            The results, in the order in which the pieces were finished.
        """
