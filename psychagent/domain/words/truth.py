"""Find where a file says true or false and a number is meant: pydantic takes them for 1 and 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

Place = tuple[Any, ...]


def truths_for_numbers(given: Any, read: Any, place: Place = ()) -> Iterator[tuple[Place, bool, str]]:
    """Compare data with what was read from them.

    Yields:
        Each place where a number was made of a truth value, the value, and what to write there.
    """
    if isinstance(given, bool):
        if isinstance(read, int | float) and not isinstance(read, bool):
            yield place, given, "a whole number" if isinstance(read, int) else "a number"
    elif isinstance(given, Mapping):
        for key, part in given.items():
            yield from truths_for_numbers(part, _part(read, key), (*place, key))
    elif isinstance(given, list) and isinstance(read, list | tuple) and len(given) == len(read):
        for number, (part, made) in enumerate(zip(given, read, strict=True)):
            yield from truths_for_numbers(part, made, (*place, number))


def _part(read: Any, key: Any) -> Any:
    if isinstance(read, BaseModel):
        return getattr(read, key, None) if key in type(read).model_fields else None
    return read.get(key) if isinstance(read, Mapping) else None
