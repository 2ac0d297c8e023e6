"""In which order the cases of several schools come; knows nothing of cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, assert_never

from psychagent.assets.settings.dataset import Order

T = TypeVar("T")


def ordered(rows: Sequence[Sequence[T]], order: Order) -> list[T]:
    """Merge the cases of all modalities, a row for each."""
    match order:
        case "file":
            return [case for row in rows for case in row]
        case "rotate" | "random":
            return list(_in_turn(rows))
        case unknown:
            assert_never(unknown)


def shifted(row: list[T], places: int) -> list[T]:
    """Start each modality at another profile, so that a small run shows different clients."""
    places %= max(len(row), 1)
    return row[places:] + row[:places]


def _in_turn(rows: Sequence[Sequence[T]]) -> Iterator[T]:
    for place in range(max((len(row) for row in rows), default=0)):
        yield from (row[place] for row in rows if place < len(row))
