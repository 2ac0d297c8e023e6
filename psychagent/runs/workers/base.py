"""The protocol by which workers claim pieces of work, keep claims alive and fence writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Claim(Generic[T]):
    """One worker's right to a piece of work, until a later claim of the same piece is made."""

    task: T
    name: str
    """Name of the piece of work; unique within the run."""
    fence: int
    """Increases with every claim of the run; a write under an outdated number is refused."""
    ledger: Ledger

    def check(self) -> None:
        """Check before a write that the claim is still valid.

        Raises:
            ClaimLostError: If the same piece has been claimed again since.
        """
        self.ledger.check(self.name, self.fence)


class Ledger(Protocol):
    """Records who holds which piece of work: a dictionary in one process, a table across several."""

    def claim(self, name: str) -> int | None:
        """Claim a piece of work and return the claim's fence; None if a live worker holds it."""

    def beat(self, name: str, fence: int) -> None:
        """Record that the holder is alive.

        Raises:
            ClaimLostError: If the claim was lost.
        """

    def check(self, name: str, fence: int) -> None:
        """Check that a claim is still valid.

        Raises:
            ClaimLostError: If the claim was lost.
        """

    def release(self, name: str, fence: int) -> None:
        """Release a piece of work, finished or not; does nothing if the claim was lost."""


class Workers(Protocol):
    """Do pieces of work, several at once."""

    async def run(
        self,
        tasks: Sequence[tuple[str, T]],
        work: Callable[[Claim[T]], Awaitable[R]],
        *,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[R]:
        """Do all pieces of work that no other worker has claimed.

        Args:
            tasks: Name and piece of work, in the order in which they are started.
            work: Does one piece; what it returns is collected.
            stopped: Once it returns True, no further piece is started.

        Returns:
            The results, in the order in which the pieces were finished.
        """
